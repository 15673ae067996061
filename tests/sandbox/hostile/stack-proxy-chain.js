// A proxy around a hundred thousand proxies.
// expect: text RangeError
// expect: text ok
try {
  let p = {};
  for (let i = 0; i < 1e5; i++) p = new Proxy(p, {});
  p.x;
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
