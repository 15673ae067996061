// A generator that calls itself.
// expect: text TypeError
const g = (function* () { g.next() })();
try { g.next() } catch (e) { return Functions.encodeString(e.name) }
