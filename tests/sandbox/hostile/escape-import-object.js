// A name that is made while it is read.
// expect: text read TypeError
let seen = "";
return import({ toString() { seen += "read "; return "file:///x" } }).catch((e) => Functions.encodeString(seen + e.name));
