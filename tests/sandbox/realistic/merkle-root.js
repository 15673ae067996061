// The Merkle root of a list, by the platform's SHA-256.
// expect: result 0xdd14d0ba516bb654a3052b76f051db026f4e322d0be081468fab99440f9e7305
const hash = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
let level = await Promise.all(["a", "b", "c", "d", "e"].map((leaf) => hash(new TextEncoder().encode(leaf))));
while (level.length > 1) {
  const next = [];
  for (let at = 0; at < level.length; at += 2) {
    const pair = new Uint8Array(64);
    pair.set(level[at]);
    pair.set(level[at + 1] ?? level[at], 32);
    next.push(await hash(pair));
  }
  level = next;
}
return level[0];
