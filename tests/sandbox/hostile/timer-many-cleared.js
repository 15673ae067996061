// Twenty-five thousand timers set and cleared.
// expect: text 25000
const ids = [];
for (let n = 0; n < 25000; n++) ids.push(setTimeout(() => {}, 1000));
for (const id of ids) clearTimeout(id);
return Functions.encodeString(`${ids.length}`);
