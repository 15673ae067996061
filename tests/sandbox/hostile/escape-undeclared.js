// Assigning to nothing.
// expect: text ReferenceError
try { undeclared = 1 } catch (e) { return Functions.encodeString(e.name) }
