// A loop in the reviver of JSON.parse.
// limit: execution_ms 300
// expect: error script runtime exceeded
JSON.parse("[1]", () => { for (;;); })
