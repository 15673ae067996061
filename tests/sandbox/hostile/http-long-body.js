// A body of eight million bytes.
// expect: text 413
return Functions.encodeString(`${(await fetch(args[0], { method: "POST", body: new Uint8Array(8_000_000) })).status}`);
