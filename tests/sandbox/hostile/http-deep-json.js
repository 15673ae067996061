// An answer of a million opening brackets.
// expect: text true
return Functions.encodeString(`${(await Functions.makeHttpRequest({ url: `${args[0]}/deep-json` })).error}`);
