// Generators that delegate to generators.
// expect: text RangeError
try {
  function* g() { yield* g() }
  g().next();
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
