// Headers that belong to the connection are not the script's.
// expect: text host: true, forged: false
const response = await fetch(`${args[0]}/echo`, { headers: { Host: "forged.example", "Content-Length": "987654321", "Transfer-Encoding": "chunked", Connection: "upgrade", Upgrade: "forged", "Proxy-Authorization": "forged", TE: "forged", Expect: "100-continue" } });
const head = (await response.text()).toLowerCase();
return Functions.encodeString(`host: ${head.includes(`host: ${new URL(args[0]).host}`)}, forged: ${/forged|chunked|987654321|expect/.test(head)}`);
