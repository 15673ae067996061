// A getter deletes from the Map that is being cloned what comes next, again and again.
// expect: text 40
const map = new Map();
for (let n = 0; n < 20; n++) map.set({ get a() { for (const key of [...map.keys()].slice(1)) map.delete(key); return [n]; } }, n).set(`key ${n}`, { n });
return Functions.encodeString(`${structuredClone(map).size}`);
