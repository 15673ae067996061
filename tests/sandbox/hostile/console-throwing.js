// A value that throws while it is printed.
// expect: text ok
for (const value of [{ get a() { throw new Error("no") } }, new Proxy({}, { ownKeys() { throw new Error("no") } }), { toString() { throw new Error("no") } }, Object.create(null), { constructor: { get name() { throw new Error("no") } } }]) { try { console.log(value, `${0}`) } catch {} }
return Functions.encodeString("ok");
