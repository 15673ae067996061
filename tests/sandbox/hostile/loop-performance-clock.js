// Waiting for the other clock that stands still.
// limit: execution_ms 300
// expect: error script runtime exceeded
while (performance.now() < 1);
