// Events, which no copy is like, and what only looks like one.
// expect: text DataCloneError DataCloneError DataCloneError {"type":"x"} {}
const clone = (value) => {
  try {
    return JSON.stringify(structuredClone(value));
  } catch (error) {
    return error.name;
  }
};
class Own extends Event {}
return Functions.encodeString([
  clone(new Event("x")), clone({ deep: [new CustomEvent("x", { detail: 1 })] }), clone(new Own("x")),
  clone({ __proto__: Event.prototype, type: "x" }), clone(Object.create(Event.prototype)),
].join(" "));
