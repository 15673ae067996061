// Spreading a million arguments into a call.
// expect: text ok
// expect: error syntax error, RAM exceeded, or other error: memory
try { Math.max(...new Array(1e6).fill(1)) } catch {}
return Functions.encodeString("ok");
