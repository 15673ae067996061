// Functions nested a hundred thousand deep.
// expect: text RangeError
// expect: text SyntaxError
try {
  eval("()=>".repeat(1e5) + "1");
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
