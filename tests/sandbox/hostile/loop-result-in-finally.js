// A finally block that returns a result after the loop was killed.
// limit: execution_ms 300
// expect: error script runtime exceeded
function f() { try { for (;;); } finally { return new Uint8Array(1) } }
return f()
