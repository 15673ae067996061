// A search whose time is quadratic, in one call after the other.
// limit: execution_ms 300
// expect: error script runtime exceeded
const text = "a".repeat(1e6);
for (;;) text.lastIndexOf("b");
