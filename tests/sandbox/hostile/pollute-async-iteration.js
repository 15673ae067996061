// The bodies' streams attacked through their iteration.
// expect: text {"value":7}
Object.defineProperty(Object.prototype, Symbol.asyncIterator, { get() { throw new Error("poison") } });
Object.prototype.done = true;
Object.prototype.value = "poison";
return Functions.encodeString(await (await fetch(args[0])).text());
