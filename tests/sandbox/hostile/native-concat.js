// Concatenating two objects that claim to be endless lists.
// limit: execution_ms 300
// expect: error script runtime exceeded
// expect: text TypeError
const list = { length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true };
try { [].concat(list, list) } catch (e) { return Functions.encodeString(e.name) }
