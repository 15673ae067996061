// A proxy whose prototype is a proxy whose prototype is a proxy.
// limit: execution_ms 300
// expect: error script runtime exceeded
const next = () => new Proxy({}, { getPrototypeOf: next });
throw next();
