// A formatter of stacks that makes and reads errors of its own; they look as they do without one.
// expect: text 1 Error: again true
let calls = 0;
Error.prepareStackTrace = (error) => { calls++; return new Error("again").stack };
const { stack } = new Error("x");
return Functions.encodeString(`${calls} ${stack.split("\n")[0]} ${!stack.includes("functions:")}`);
