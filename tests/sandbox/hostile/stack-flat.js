// The same list made flat.
// expect: text RangeError
// expect: text ok
try {
  let list = [];
  for (let i = 0; i < 1e5; i++) list = [list];
  list.flat(Infinity);
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
