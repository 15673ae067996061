// An instance test that tests itself.
// expect: text RangeError
try {
  const C = { [Symbol.hasInstance]: (v) => v instanceof C };
  1 instanceof C;
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
