// A hundred thousand operators in front of one operand.
// expect: text RangeError
// expect: text ok
try {
  eval("!".repeat(1e5) + "1");
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
