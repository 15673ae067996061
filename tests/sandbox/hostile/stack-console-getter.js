// Printing runs a getter that prints.
// expect: text RangeError
let caught;
const value = { get [Symbol.toStringTag]() { try { console.log(value); } catch (error) { caught ??= error; throw error; } return "x"; } };
try {
  console.log(value);
} catch (error) {
  caught ??= error;
}
return Functions.encodeString(`${caught?.name}`);
