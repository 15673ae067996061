// The same value, copied by the host.
// expect: text RangeError
// expect: text ok
try {
  let value = {};
  for (let i = 0; i < 1e5; i++) value = { value };
  structuredClone(value);
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
