// A deep value printed.
// expect: text ok
let value = {};
for (let i = 0; i < 1e5; i++) value = { value };
console.log(value);
return Functions.encodeString("ok");
