// A value of a million members, each wide.
// expect: text ok
// expect: error syntax error, RAM exceeded, or other error: memory
const wide = {};
for (let i = 0; i < 200; i++) wide[i] = Array.from({ length: 200 }, (_, n) => ({ n, s: "x".repeat(1000) }));
console.log(wide);
return Functions.encodeString("ok");
