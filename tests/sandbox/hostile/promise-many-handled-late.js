// A hundred thousand rejections that are handled after all.
// expect: text 100000
const all = [];
for (let n = 0; n < 100000; n++) all.push(Promise.reject(n));
return Functions.encodeString(`${(await Promise.allSettled(all)).length}`);
