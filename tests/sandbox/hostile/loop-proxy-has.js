// A native search through a proxy of endless length.
// limit: execution_ms 300
// expect: error script runtime exceeded
Array.prototype.indexOf.call(new Proxy({}, { get: (_, key) => (key === "length" ? 2 ** 53 - 1 : 0), has: () => false }), 1)
