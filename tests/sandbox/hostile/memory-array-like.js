// An object filled as if it were the longest array.
// expect: error syntax error, RAM exceeded, or other error: memory
Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 0);
return Functions.encodeString("filled");
