// Garbage in circles, beside data that take most of the heap: it is collected, though the heap never grows by half.
// expect: text 22
const kept = Array.from({ length: 22 }, () => new Uint8Array(1 << 20));
for (let at = 0; at < 500000; at++) { const circle = { at }; circle.self = circle }
return Functions.encodeString(`${kept.length}`);
