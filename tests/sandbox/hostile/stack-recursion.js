// Plain recursion is an ordinary error.
// expect: text RangeError
try {
  const f = () => f() + 1;
  f();
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
