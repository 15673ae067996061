// Touches everything that could differ between two machines, and returns one digest of all of it.
const seen = [];
const note = (name, value) => seen.push(`${name}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
const bits = (x) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return view.getBigUint64(0).toString(16);
};

// Floating point: every function, near zero, large, and where the two code paths of a C library part.
const inputs = [];
for (let i = -24; i <= 24; i++) inputs.push(i * 0.123456789, Math.fround(i * 1.7e-5), i * 98765.4321, 2 ** i + i / 3);
for (const name of Object.getOwnPropertyNames(Math).sort()) {
  const f = Math[name];
  if (typeof f !== "function" || name === "random") continue;
  const out = inputs.map((x, at) => (name === "sumPrecise" ? 0 : bits(f(x, inputs[(at * 7) % inputs.length]))));
  note(`Math.${name}`, out.join());
}
note("power", inputs.map((x, at) => bits(Math.abs(x) ** inputs[(at * 11) % inputs.length])).join());
note("remainder", inputs.map((x, at) => bits(x % (inputs[(at * 5) % inputs.length] || 1))).join());
note("texts", inputs.map((x) => `${x} ${x.toFixed(7)} ${x.toExponential(9)} ${x.toPrecision(12)} ${x.toString(7)}`).join());
note("parsed", inputs.map((x) => bits(parseFloat(`${x}e-3`))).join());
note("float32", [...new Uint8Array(new Float32Array(inputs).buffer)].join());
note("float16", typeof Float16Array === "function" ? [...new Uint8Array(new Float16Array(inputs).buffer)].join() : "none");
note("ints", [...new Int32Array(inputs), ...new Uint8ClampedArray(inputs), ...new BigInt64Array(inputs.map((x) => BigInt(Math.trunc(x))))].join());

// Randomness and identity.
note("random", Array.from({ length: 50 }, () => bits(Math.random())).join());
note("bytes", [...crypto.getRandomValues(new Uint8Array(64))].join());
note("uuid", crypto.randomUUID());

// Time, zone and locale.
const moment = new Date(1700000000123);
for (const date of [new Date(), moment, new Date(2024, 2, 31, 2, 30), new Date("2024-07-01T12:00:00"), new Date(NaN)]) {
  note("date", `${date} ${date.getTime()} ${date.getTimezoneOffset()} ${date.getHours()}`);
}
note("locale", `${moment.toLocaleString()} ${moment.toLocaleDateString()} ${(1234567.891).toLocaleString()} ${(-98765n).toLocaleString()}`);
note("compare", ["z", "a", "Z", "ä", "ı", "i", "I", "İ", "ß", "1", "10", "2"].sort((a, b) => a.localeCompare(b)).join());
note("cases", "iIıİßΣς".toLowerCase() + "iIıİßσς".toUpperCase() + "i".toLocaleUpperCase() + "I".toLocaleLowerCase());
note("forms", ["NFC", "NFD", "NFKC", "NFKD"].map((form) => encodeURIComponent("Å ﬁ ṩ 한".normalize(form))).join());
note("clock", `${Date.now()} ${performance.now()}`);

// Order.
const list = Array.from({ length: 300 }, (_, at) => ({ key: (at * 7919) % 17, at }));
note("stable", list.toSorted((a, b) => a.key - b.key).map((one) => one.at).join());
note("boolean comparator", list.toSorted((a, b) => a.key > b.key).map((one) => one.at).join());
note("random comparator", list.toSorted(() => Math.random() - 0.5).map((one) => one.at).join());
note("keys", Object.keys({ b: 1, 2: 1, a: 1, 1: 1, [Symbol.iterator]: 1, "-1": 1 }).join());
note("map", [...new Map(list.map((one) => [one.key, one.at]))].join());
note("group", Object.entries(Object.groupBy(list, (one) => one.key % 3)).map(([key, all]) => key + all.length).join());
for (const name in Object.assign(Object.create({ inherited: 1 }), { z: 1, 0: 1 })) note("for in", name);

// Text, numbers without bounds, bytes.
note("json", JSON.stringify({ a: [1e21, 1e-7, -0, 0.1 + 0.2, "\u2028\ud800é"], d: moment, n: null, u: undefined }, null, 1));
note("bigint", (3n ** 500n / 7n ** 100n) ** 2n % (2n ** 255n - 19n));
note("regexp", "The 1st of May 2024, 2nd of June".replace(/(?<n>\d+)(st|nd)/g, (...all) => JSON.stringify(all.at(-1))));
note("base64", btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(30)))));
note("buffer", Buffer.from("grüße €").toString("hex") + Buffer.alloc(8).fill("ab").toString("base64"));

// Errors, as far as a script can see them.
const errors = [() => null.x, () => undefinedName, () => [].reduce((a) => a), () => 1n + 1, () => new Array(-1), () => JSON.parse("{")];
for (const f of errors) { try { f() } catch (e) { note("error", `${e.name}: ${e.message}\n${e.stack}`) } }

// Answers that arrive in any order, and timers that race one.
const order = [];
const fetched = [0, 1, 2, 3].map(async (n) => {
  const response = await fetch(`${args[0]}/${n}`);
  order.push(n);
  return `${response.status} ${await response.text()}`;
});
note("first", await Promise.race(fetched));
note("all", await Promise.all(fetched));
note("order", order.join());
let ticks = 0;
const ticking = setInterval(() => { ticks += 1 }, 1);
const late = new Promise((resolve) => setTimeout(resolve, 0, "timer"));
note("raced", `${await Promise.race([late, fetch(`${args[0]}/4`).then(() => "answer")])} ${ticks}`);
clearInterval(ticking);
await new Promise((resolve) => setTimeout(resolve, 1000));
note("later", `${Date.now()} ${performance.now()} ${Math.random()}`);

console.log(seen.length, seen.join("\n").length);
const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(seen.join("\n")));
return digest;
