// A finally block that goes on where the killed loop stopped.
// limit: execution_ms 300
// expect: error script runtime exceeded
try { while (true) {} } finally { while (true) {} }
