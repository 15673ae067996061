// Proxies around proxies.
// expect: error syntax error, RAM exceeded, or other error: memory
let p = {};
for (;;) p = new Proxy(p, {});
