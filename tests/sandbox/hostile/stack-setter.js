// A setter that sets.
// expect: text RangeError
try {
  const o = { set x(v) { this.x = v } };
  o.x = 1;
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
