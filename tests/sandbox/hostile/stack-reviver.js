// A reviver that parses.
// expect: text RangeError
try {
  const f = () => JSON.parse("[1]", f);
  f();
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
