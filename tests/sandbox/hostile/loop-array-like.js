// A native iteration over an object of endless length.
// limit: execution_ms 300
// expect: error script runtime exceeded
Array.prototype.forEach.call({ length: 2 ** 53 - 1 }, () => {})
