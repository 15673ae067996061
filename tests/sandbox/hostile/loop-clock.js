// Waiting for a clock that stands still.
// limit: execution_ms 300
// expect: error script runtime exceeded
const end = Date.now() + 10;
while (Date.now() < end);
