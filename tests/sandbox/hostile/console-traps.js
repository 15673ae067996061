// A value that never finishes being printed.
// limit: execution_ms 300
// expect: error script runtime exceeded
// expect: text ok
console.log(new Proxy({}, { ownKeys() { for (;;); } }));
return Functions.encodeString("ok");
