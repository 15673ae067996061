// A native constructor that drains an iterator without end.
// limit: execution_ms 300
// expect: error script runtime exceeded
new Set({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) })
