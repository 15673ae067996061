// Values out of a page by regular expressions: named groups, lookbehind, sticky and global.
// expect: result 0x5b7b224555522f555344223a22312e30383433222c224742502f555344223a22312e32363535227d2c2231343a3035222c224555522f55534420312e30383433204742502f55534420312e3236353520557064617465642031343a3035202620332073225d
const page = '<tr><td>EUR/USD</td><td class="bid">1.0843</td></tr><tr><td>GBP/USD</td><td class=bid>1.2655</td></tr><p>Updated 14:05 &amp; 3 s</p>';
const rates = {};
for (const { groups } of page.matchAll(/<td>(?<pair>[A-Z]{3}\/[A-Z]{3})<\/td><td class="?bid"?>(?<bid>[\d.]+)<\/td>/gu)) rates[groups.pair] = groups.bid;
const time = /(?<=Updated )\d\d:\d\d/.exec(page)[0];
const plain = page.replace(/<[^>]+>/g, " ").replace(/&(\w+);/g, (_, name) => ({ amp: "&" })[name] ?? "?").replace(/\s+/g, " ").trim();
return Functions.encodeString(JSON.stringify([rates, time, plain]));
