// Hashing for ever.
// limit: execution_ms 300
// expect: error script runtime exceeded
const bytes = new Uint8Array(100_000);
for (;;) await crypto.subtle.digest("SHA-256", bytes);
