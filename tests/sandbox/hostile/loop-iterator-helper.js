// An iterator helper that never finds what it looks for.
// limit: execution_ms 300
// expect: error script runtime exceeded
function* endless() { for (;;) yield 1 }
endless().find((one) => one === 2)
