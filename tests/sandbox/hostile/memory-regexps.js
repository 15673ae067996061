// Compiled expressions.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (let i = 0; ; i++) kept.push(new RegExp(`[a-z]{${i % 1000}}(${i}|x)+`));
