// A finally block that throws instead of the result.
// expect: error late
try { return new Uint8Array(1) } finally { throw new Error("late") }
