// A value that holds itself.
// expect: text ok
const a = [];
a.push(a, { a });
console.log(a);
return Functions.encodeString("ok");
