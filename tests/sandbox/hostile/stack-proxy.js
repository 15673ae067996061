// A proxy whose prototype is itself.
// expect: text RangeError
try {
  const p = new Proxy({}, {});
  Object.setPrototypeOf(p, p);
  p.x;
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
