// A function bound thirty thousand times.
// expect: text RangeError
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: text ok
try {
  let f = () => 1;
  for (let i = 0; i < 3e4; i++) f = f.bind(null);
  f();
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
