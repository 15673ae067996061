// Functions made from text.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (let i = 0; ; i++) kept.push(new Function(`return ${i} + "${"x".repeat(1000)}"`));
