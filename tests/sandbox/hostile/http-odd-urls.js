// What is no URL.
// expect: text 400,400,400,400,400
const seen = [];
for (const url of ["http://", "http://\ud800/", "http://a b/", "http://[::1", "//x"]) { try { seen.push((await fetch(url)).status) } catch (e) { seen.push(e.name) } }
return Functions.encodeString(seen.join());
