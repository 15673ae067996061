// A loop inside a proxy's trap.
// limit: execution_ms 300
// expect: error script runtime exceeded
new Proxy({}, { get() { for (;;); } }).x
