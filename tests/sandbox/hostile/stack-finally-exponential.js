// Two calls a level: the stack is deep, and the time without end.
// limit: execution_ms 300
// expect: error script runtime exceeded
function f() { try { f() } finally { f() } }
f();
