// A class with thirty thousand ancestors.
// expect: text RangeError
// expect: text ok
try {
  let C = class {};
  for (let i = 0; i < 3e4; i++) C = class extends C {};
  new C();
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
