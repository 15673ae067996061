// A getter empties the Map that is being cloned, and fills what it freed. What the clone shows was there before.
// expect: text 3 2,3
const map = new Map([[{ get a() { map.clear(); globalThis.filler = Array.from({ length: 1000 }, (_, n) => [n, `${n}`, n / 3]); return 1; } }, 1], [2, 3], ["x", { y: 1 }]]);
const copy = structuredClone(map);
return Functions.encodeString(`${copy.size} ${[...copy][1]}`);
