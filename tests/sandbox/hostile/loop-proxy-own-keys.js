// A loop inside the trap that lists keys.
// limit: execution_ms 300
// expect: error script runtime exceeded
Reflect.ownKeys(new Proxy({}, { ownKeys() { for (;;); } }))
