// A conversion that converts itself.
// expect: text RangeError
try {
  const o = { toString() { return `${this}` } };
  `${o}`;
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
