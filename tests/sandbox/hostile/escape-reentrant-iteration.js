// A map emptied and filled while it is walked.
// expect: text ok
const map = new Map([[1, 1]]);
let n = 0;
map.forEach((_, key) => { map.clear(); if (n++ < 1000) map.set(key + 1, 1) });
return Functions.encodeString("ok");
