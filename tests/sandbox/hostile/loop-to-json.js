// A loop in toJSON.
// limit: execution_ms 300
// expect: error script runtime exceeded
JSON.stringify({ toJSON() { for (;;); } })
