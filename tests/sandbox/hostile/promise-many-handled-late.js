// Twenty thousand rejections that are handled after all.
// expect: text 20000
const all = [];
for (let n = 0; n < 20000; n++) all.push(Promise.reject(n));
return Functions.encodeString(`${(await Promise.allSettled(all)).length}`);
