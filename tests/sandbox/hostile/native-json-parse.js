// Parsing a large text for ever.
// limit: execution_ms 2000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
for (;;) JSON.parse("[" + "1,".repeat(1e6) + "1]");
