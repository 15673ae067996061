// A header that would start another request.
// expect: text TypeError TypeError
const names = [];
for (const headers of [{ a: "b\r\nGET /second HTTP/1.1" }, { "a\r\nb": "c" }]) await Promise.resolve().then(() => fetch(args[0], { headers })).catch((e) => names.push(e.name));
return Functions.encodeString(names.join(" "));
