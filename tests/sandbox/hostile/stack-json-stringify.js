// A value nested a hundred thousand deep.
// expect: text RangeError
// expect: text ok
try {
  let value = {};
  for (let i = 0; i < 1e5; i++) value = { value };
  JSON.stringify(value);
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
