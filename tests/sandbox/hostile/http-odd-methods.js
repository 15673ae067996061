// Methods no script may use.
// expect: text 0
let sent = 0;
for (const method of ["CONNECT", "TRACE", "TRACK", "connect"]) { try { if ((await fetch(args[0], { method })).status === 200) sent++ } catch {} }
return Functions.encodeString(`${sent}`);
