// An unhandled rejection whose description never ends.
// limit: execution_ms 300
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
Promise.reject({ get message() { for (;;); }, get name() { for (;;); }, toString() { for (;;); } });
await new Promise((r) => setTimeout(r, 1));
return new Uint8Array(1);
