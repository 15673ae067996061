// Text that evaluates itself.
// expect: text RangeError
try {
  globalThis.again = "eval(again)";
  (0, eval)(again);
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
