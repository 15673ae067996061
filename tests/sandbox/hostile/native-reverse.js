// Reversing nine quadrillion elements that do not exist.
// limit: execution_ms 300
// expect: error script runtime exceeded
Array.prototype.reverse.call({ length: 2 ** 53 - 1 })
