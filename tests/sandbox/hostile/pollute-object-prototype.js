// Names the host may look up, on the prototype of everything.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
for (const name of ["error", "status", "url", "method", "headers", "body", "signal", "id", "type", "stream", "fatal", "once", "cause", "timeout", "responseType", "params", "data"]) Object.prototype[name] = "poison";
return Functions.encodeUint256(7);
