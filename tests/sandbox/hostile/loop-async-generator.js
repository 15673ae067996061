// An asynchronous generator that never ends.
// limit: execution_ms 300
// expect: error script runtime exceeded
async function* endless() { for (;;) yield 1 }
for await (const one of endless());
