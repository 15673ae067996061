// A replacement that replaces.
// expect: text RangeError
try {
  const f = () => "a".replace("a", f);
  f();
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
