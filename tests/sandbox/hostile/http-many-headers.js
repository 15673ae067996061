// Two megabytes of headers.
// expect: text 400
const headers = new Headers();
for (let i = 0; i < 10_000; i++) headers.append(`x-${i}`, "v".repeat(200));
return Functions.encodeString(`${(await fetch(args[0], { headers })).status}`);
