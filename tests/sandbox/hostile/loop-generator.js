// A generator that never ends.
// limit: execution_ms 300
// expect: error script runtime exceeded
function* endless() { for (;;) yield 1 }
for (const one of endless());
