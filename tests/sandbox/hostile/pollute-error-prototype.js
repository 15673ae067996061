// The prototype of errors rewritten: the message thrown is still the error's.
// expect: error mine
Error.prototype.name = Error.prototype.toString = () => { throw new Error("poison") };
Object.defineProperty(Error.prototype, "message", { value: "poison" });
throw new Error("mine");
