// A power beyond the largest number is refused before it is computed.
// expect: text RangeError
try { 3n ** 90_000_000n } catch (e) { return Functions.encodeString(e.name) }
