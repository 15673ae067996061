// A replacement that grows without end.
// limit: execution_ms 3000
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: error script runtime exceeded
let text = "a";
for (;;) text = text.replace(/a/g, "aaaaaaaa");
