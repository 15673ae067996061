// JSON nested a hundred thousand deep.
// expect: text RangeError
// expect: text ok
try {
  JSON.parse("[".repeat(1e5) + "]".repeat(1e5));
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
