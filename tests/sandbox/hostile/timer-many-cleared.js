// Twenty thousand timers set and cleared.
// limit: execution_ms 3000
// expect: text 20000
const ids = [];
for (let n = 0; n < 20000; n++) ids.push(setTimeout(() => {}, 1000));
for (const id of ids) clearTimeout(id);
return Functions.encodeString(`${ids.length}`);
