// A comparison that empties, shrinks or overwrites what is being sorted.
// expect: text [1,2,3,4,5] {"0":1,"1":2,"2":3,"length":0} 1,2,3 1,2,3,4 1,2,3,4,5,6,7,8
const array = [3, 1, 2, 5, 4].sort(function (a, b) { return a - b });
const emptied = [1, 2, 3, 5, 4];
emptied.sort((a, b) => { emptied.length = 0; return a - b });
const like = { length: 4, 0: 3, 1: 1, 2: 2 };
Array.prototype.sort.call(like, (a, b) => { delete like[0]; delete like[1]; like.length = 0; return a - b });
const overwritten = new Uint8Array([3, 1, 2]);
overwritten.sort((a, b) => { overwritten[0] = 9; return a - b });
const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
const shrunk = new Uint8Array(buffer);
shrunk.set([8, 7, 6, 5, 4, 3, 2, 1]);
shrunk.sort((a, b) => { buffer.resize(4); return a - b });
const grown = new ArrayBuffer(8, { maxByteLength: 64 });
const longer = new Uint8Array(grown, 0, 8);
longer.set([8, 7, 6, 5, 4, 3, 2, 1]);
longer.sort((a, b) => { grown.resize(grown.byteLength === 64 ? 16 : 64); return a - b });
if (JSON.stringify(array) !== JSON.stringify(emptied)) return Functions.encodeString(JSON.stringify(emptied));
return Functions.encodeString(`${JSON.stringify(emptied)} ${JSON.stringify(like)} ${overwritten} ${shrunk} ${longer}`);
