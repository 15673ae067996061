// A list changed by the comparator that sorts it.
// expect: text ok
const list = Array.from({ length: 1000 }, (_, at) => ({ at }));
list.sort((a, b) => { list.length = 0; list.push({}, {}); return b.at - a.at });
return Functions.encodeString("ok");
