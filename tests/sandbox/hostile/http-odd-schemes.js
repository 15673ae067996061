// What is no HTTP.
// expect: text 400,400,400,400,400
const seen = [];
for (const url of ["file:///etc/passwd", "ftp://1.1.1.1/", "data:text/plain,x", "blob:null/1", "gopher://1.1.1.1/"]) { try { seen.push((await fetch(url)).status) } catch (e) { seen.push(e.name) } }
return Functions.encodeString(seen.join());
