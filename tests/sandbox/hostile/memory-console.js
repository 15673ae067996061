// One text of console output that grows.
// limit: execution_ms 3000
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: error script runtime exceeded
let text = "x";
for (;;) { console.log(text); text += text }
