// Clearing what was never set.
// expect: text ok
for (const id of [0, -1, 2 ** 32, NaN, {}, "x", null, undefined, Symbol.iterator.description]) clearTimeout(id), clearInterval(id);
return Functions.encodeString("ok");
