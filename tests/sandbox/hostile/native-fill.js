// Filling an object of endless length. The engine may crash where it cannot grow the object any more; only it does.
// limit: execution_ms 3000
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: error syntax error, RAM exceeded, or other error
// expect: error script runtime exceeded
Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 0)
