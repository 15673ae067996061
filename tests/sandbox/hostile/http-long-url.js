// A URL of eight million letters.
// expect: text 414
return Functions.encodeString(`${(await fetch(`${args[0]}/${"u".repeat(8_000_000)}`)).status}`);
