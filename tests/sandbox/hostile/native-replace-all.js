// One replacement whose time is quadratic.
// limit: execution_ms 300
// expect: error script runtime exceeded
const text = "a".repeat(4e6);
for (;;) text.replaceAll("a".repeat(2e6) + "b", "");
