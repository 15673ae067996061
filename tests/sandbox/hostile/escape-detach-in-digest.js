// A buffer taken away while it is hashed.
// expect: text 32
const bytes = new Uint8Array(1000);
const digest = crypto.subtle.digest("SHA-256", bytes);
bytes.buffer.transfer();
return Functions.encodeString(`${(await digest).byteLength}`);
