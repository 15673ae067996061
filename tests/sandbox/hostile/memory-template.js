// Template objects, which are kept by place.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (let i = 0; ; i++) kept.push(eval("((t) => t)`" + "y".repeat(500) + i + "`"));
