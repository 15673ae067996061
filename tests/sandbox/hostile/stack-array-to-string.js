// A list that holds a list, a hundred thousand deep.
// expect: text RangeError
// expect: text ok
try {
  let list = [];
  for (let i = 0; i < 1e5; i++) list = [list];
  `${list}`;
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
