// JSON objects nested a hundred thousand deep.
// expect: text RangeError
// expect: text ok
try {
  JSON.parse('{"a":'.repeat(1e5) + "1" + "}".repeat(1e5));
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
