// A weak map whose keys are kept.
// expect: error syntax error, RAM exceeded, or other error: memory
const map = new WeakMap(), keys = [];
for (;;) { const key = {}; keys.push(key); map.set(key, new Array(50)) }
