// Recursion that starts again wherever it overflows.
// limit: execution_ms 300
// expect: error script runtime exceeded
const f = () => { try { f() } catch {} f() };
f();
