// Fifty thousand timers set and cleared.
// expect: text 50000
const ids = [];
for (let n = 0; n < 50000; n++) ids.push(setTimeout(() => {}, 1000));
for (const id of ids) clearTimeout(id);
return Functions.encodeString(`${ids.length}`);
