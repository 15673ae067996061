// A getter empties the array that is being cloned.
// expect: text 3 1,,
const array = [{ get a() { array.length = 0; globalThis.filler = new Array(1000).fill(0.5); return 1; } }, 2, 3];
const copy = structuredClone(array);
return Functions.encodeString(`${copy.length} ${[copy[0].a, copy[1], copy[2]]}`);
