// Normalising a long text for ever.
// limit: execution_ms 300
// expect: error script runtime exceeded
const text = "á".repeat(500_000);
for (;;) text.normalize("NFKD");
