// Encoding for ever in the host's code.
// limit: execution_ms 300
// expect: error script runtime exceeded
const bytes = Buffer.alloc(100_000);
for (;;) Buffer.from(bytes.toString("hex"), "hex");
