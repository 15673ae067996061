// An endless loop.
// limit: execution_ms 300
// expect: error script runtime exceeded
while (true) {}
