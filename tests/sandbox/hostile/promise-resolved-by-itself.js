// A promise resolved by itself.
// expect: text TypeError
let resolve;
const p = new Promise((r) => { resolve = r });
resolve(p);
return p.catch((e) => Functions.encodeString(e.name));
