// More given-up requests than the heap holds: their rejections are due when it is full, and none of them runs any more.
// expect: error syntax error, RAM exceeded, or other error: memory
for (let i = 0; i < 50000; i++) { const c = new AbortController(); fetch(`${args[0]}/never`, { signal: c.signal }).catch(() => {}); c.abort() }
return Functions.encodeString(`${(await fetch(args[0])).status}`);
