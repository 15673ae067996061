// A toJSON for everything.
// expect: text "poison"
Object.prototype.toJSON = () => "poison";
return Functions.encodeString(JSON.stringify({ a: 1 }));
