// A message whose JSON is far longer than anything that is kept.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
const error = new Error("x");
let deep = [];
for (let i = 0; i < 1e5; i++) deep = [deep];
error.message = deep;
throw error;
