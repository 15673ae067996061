// Moving nine quadrillion elements that do not exist.
// limit: execution_ms 300
// expect: error script runtime exceeded
Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 0, 1)
