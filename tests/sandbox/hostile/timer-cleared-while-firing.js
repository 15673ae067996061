// Timers that clear each other while one fires.
// expect: text 1
let fired = 0;
const ids = [1, 2, 3].map(() => setTimeout(() => { fired++; ids.forEach(clearTimeout) }, 1));
await new Promise((r) => setTimeout(r, 5));
return Functions.encodeString(`${fired}`);
