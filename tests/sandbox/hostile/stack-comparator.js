// A comparator that sorts.
// expect: text RangeError
try {
  const compare = () => [2, 1].sort(compare).length;
  [2, 1].sort(compare);
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
