// Allocating and dropping for ever; the engine keeps a little of each.
// limit: execution_ms 2000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
const weak = new WeakMap();
for (;;) weak.set({}, []);
