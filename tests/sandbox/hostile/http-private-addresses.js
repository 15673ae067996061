// The machine itself, in every spelling.
// expect: text 400,400,400,400,400
const seen = [];
for (const url of ["http://127.0.0.1:81/", "http://0x7f.1/", "http://[::ffff:7f00:1]/", "http://169.254.169.254/", "http://localhost./"]) seen.push((await fetch(url)).status);
return Functions.encodeString(seen.join());
