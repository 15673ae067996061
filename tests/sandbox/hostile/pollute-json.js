// JSON replaced.
// expect: text {"value":7}
JSON.parse = JSON.stringify = () => { throw new Error("poison") };
const response = await fetch(args[0]);
return Functions.encodeString(await response.text());
