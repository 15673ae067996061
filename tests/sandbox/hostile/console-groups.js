// A million open groups.
// limit: execution_ms 3000
// expect: text ok
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
for (let i = 0; i < 1e5; i++) console.group();
console.log("deep");
return Functions.encodeString("ok");
