// A getter that gets.
// expect: text RangeError
try {
  const o = { get x() { return this.x + 1 } };
  o.x;
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
