// One array filled to its longest.
// limit: execution_ms 3000
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: error script runtime exceeded
new Array(2 ** 32 - 1).fill(0);
