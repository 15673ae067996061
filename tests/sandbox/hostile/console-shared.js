// A small value that prints as a large one.
// limit: execution_ms 2000
// expect: text ok
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
let value = "x";
for (let i = 0; i < 60; i++) value = [value, value, value, value, value, value, value, value];
console.log(value);
return Functions.encodeString("ok");
