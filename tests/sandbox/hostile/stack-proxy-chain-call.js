// The same through calls.
// expect: text RangeError
// expect: text ok
try {
  let p = () => 1;
  for (let i = 0; i < 1e5; i++) p = new Proxy(p, {});
  p();
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
