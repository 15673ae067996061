// A loop in a finally callback.
// limit: execution_ms 300
// expect: error script runtime exceeded
await Promise.resolve().finally(() => { for (;;); });
