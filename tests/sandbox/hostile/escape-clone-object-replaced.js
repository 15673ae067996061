// Objects that live only while they are read: none is taken for another that came to lie at its place.
// expect: text 200
const list = [];
for (let n = 0; n < 200; n++) list.push({ get a() { return { n }; } });
return Functions.encodeString(`${new Set(structuredClone(list).map(({ a }) => a.n)).size}`);
