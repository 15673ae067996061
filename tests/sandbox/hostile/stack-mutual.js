// Two functions that call each other.
// expect: text RangeError
try {
  const a = () => b() + 1, b = () => a() + 1;
  a();
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
