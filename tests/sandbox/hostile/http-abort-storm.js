// Requests started and given up.
// expect: text 429
for (let i = 0; i < 2000; i++) { const c = new AbortController(); fetch(`${args[0]}/never`, { signal: c.signal }).catch(() => {}); c.abort() }
return Functions.encodeString(`${(await fetch(args[0])).status}`);
