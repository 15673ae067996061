// A loop in a getter that JSON.stringify calls.
// limit: execution_ms 300
// expect: error script runtime exceeded
JSON.stringify({ get a() { for (;;); } })
