// Promise jobs that compile, due when the heap is full.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
const job = async (at) => { await null; try { kept.push(new Function(`return ${at} + "${"x".repeat(500)}"`)) } catch { await job(at) } };
for (let at = 0; at < 20000; at++) job(at);
for (;;) kept.push(new Array(1000).fill(kept.length));
