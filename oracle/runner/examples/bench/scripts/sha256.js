// SHA-256 in plain JavaScript, which nobody should do here: crypto.subtle is native.
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
const fraction = (x) => Math.floor((x - Math.floor(x)) * 2 ** 32);
const K = primes.map((p) => fraction(Math.cbrt(p)));
const data = new Uint8Array(64 * 4_000);
for (let at = 0; at < data.length; at++) data[at] = (at * 31) & 255;
const h = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)) | 0);
const w = new Int32Array(64);
const rotate = (x, by) => (x >>> by) | (x << (32 - by));
for (let block = 0; block < data.length; block += 64) {
  for (let t = 0; t < 16; t++) w[t] = (data[block + 4 * t] << 24) | (data[block + 4 * t + 1] << 16) | (data[block + 4 * t + 2] << 8) | data[block + 4 * t + 3];
  for (let t = 16; t < 64; t++) {
    const s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ (w[t - 15] >>> 3);
    const s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ (w[t - 2] >>> 10);
    w[t] = (w[t - 16] + s0 + w[t - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, i] = h;
  for (let t = 0; t < 64; t++) {
    const t1 = (i + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + K[t] + w[t]) | 0;
    const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    i = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  [a, b, c, d, e, f, g, i].forEach((x, at) => { h[at] = (h[at] + x) | 0 });
}
return Functions.encodeUint256(h.reduce((all, x) => (all << 32n) | BigInt(x >>> 0), 0n));
