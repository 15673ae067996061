// A body that cannot be written is a value, not an exception.
// expect: text true 200
const data = {};
data.data = data;
const failed = await Functions.makeHttpRequest({ url: args[0], data });
return Functions.encodeString(`${failed.error} ${(await fetch(args[0])).status}`);
