// Decoding for ever in the host's code.
// limit: execution_ms 300
// expect: error script runtime exceeded
const bytes = new Uint8Array(100_000);
for (;;) new TextDecoder().decode(bytes);
