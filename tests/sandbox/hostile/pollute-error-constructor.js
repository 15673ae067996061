// The constructor of errors replaced while the engine throws its own.
// expect: text TypeError
globalThis.Error = globalThis.TypeError = class { constructor() { throw "poison" } };
try { null.x } catch (e) { return Functions.encodeString(e.name) }
