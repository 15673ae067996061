// CRC-32, Adler-32 and FNV-1a of a text.
// expect: result 0x663936323937636620323734343731393634332032367a76746232733576643362
const bytes = new TextEncoder().encode("The quick brown fox jumps over the lazy dog — ünïcödé");
const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});
let [crc, a, b, fnv] = [0xffffffff, 1, 0, 0xcbf29ce484222325n];
for (const byte of bytes) {
  crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  a = (a + byte) % 65521;
  b = (b + a) % 65521;
  fnv = BigInt.asUintN(64, (fnv ^ BigInt(byte)) * 0x100000001b3n);
}
return Functions.encodeString([(~crc >>> 0).toString(16), ((b << 16) | a) >>> 0, fnv.toString(36)].join(" "));
