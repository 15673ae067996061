// A loop that catches whatever is thrown at it.
// limit: execution_ms 300
// expect: error script runtime exceeded
for (;;) { try { throw 1 } catch {} }
