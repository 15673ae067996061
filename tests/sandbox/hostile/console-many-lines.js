// A hundred thousand lines, of which the node keeps what it may.
// expect: text ok
for (let i = 0; i < 1e5; i++) console.log(i);
return Functions.encodeString("ok");
