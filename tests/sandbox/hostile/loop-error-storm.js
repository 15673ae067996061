// A loop of engine errors, each with a stack trace.
// limit: execution_ms 300
// expect: error script runtime exceeded
for (;;) { try { null.x } catch {} }
