// Exhaustion must not be catchable: the loop would go on.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (;;) { try { kept.push(new Uint8Array(1 << 20).fill(1)) } catch {} }
