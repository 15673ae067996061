// A relative name has nothing to be relative to.
// expect: text TypeError
return import("./x.js").catch((e) => Functions.encodeString(e.name));
