// A thenable that resolves to itself.
// limit: execution_ms 300
// expect: error script runtime exceeded
const again = { then(resolve) { resolve(again) } };
await again;
