// Suspended asynchronous functions.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
async function f() { const local = new Array(100).fill(1); await new Promise((r) => kept.push(r)); return local }
for (;;) f();
