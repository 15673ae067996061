// A module of the machine itself.
// expect: text TypeError
return import("https://127.0.0.1/x.js").catch((e) => Functions.encodeString(e.name));
