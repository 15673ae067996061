// Requests started and given up. The engine compiles a frame for every rejection, which now and then takes it very long.
// expect: text 429
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error
for (let i = 0; i < 5000; i++) { const c = new AbortController(); fetch(`${args[0]}/never`, { signal: c.signal }).catch(() => {}); c.abort() }
return Functions.encodeString(`${(await fetch(args[0])).status}`);
