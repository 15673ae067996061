// Getters of an error read its stack while its stack is formatted, and let go of what they were formatted from.
// expect: text string string string
const kinds = ["name", "message", "constructor"].map((key) => {
  const error = new Error("m");
  let depth = 0;
  Object.defineProperty(error, key, {
    get() {
      if (depth++ < 40) {
        error.stack;
        globalThis.filler = Array.from({ length: 100 }, (_, n) => [n, `${n}`]);
      }
      return "Error";
    },
  });
  return typeof error.stack;
});
return Functions.encodeString(kinds.join(" "));
