// The same with a Set, whose members are grown and removed while they are read.
// expect: text 2
const set = new Set([{ get a() { set.clear(); for (let n = 0; n < 1000; n++) set.add(`${n}`.repeat(9)); return 1; } }, { b: 2 }]);
return Functions.encodeString(`${structuredClone(set).size}`);
