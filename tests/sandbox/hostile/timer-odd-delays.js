// Delays that are not numbers count as none.
// expect: text ok
for (const delay of [NaN, -1, -Infinity, undefined, "x", {}, 1n ** 3n ? "5" : 0]) await new Promise((r) => setTimeout(r, delay));
return Functions.encodeString("ok");
