// Options that never finish being read.
// limit: execution_ms 300
// expect: error script runtime exceeded
await Functions.makeHttpRequest(new Proxy({ url: args[0] }, { get() { for (;;); } }));
