// Sorts records and multiplies matrices.
const list = Array.from({ length: 60_000 }, (_, at) => ({ key: (at * 48_271) % 65_537, at }));
list.sort((a, b) => a.key - b.key || a.at - b.at);
const n = 90;
const a = Array.from({ length: n * n }, (_, at) => (at * 7) % 13);
const b = Array.from({ length: n * n }, (_, at) => (at * 11) % 17);
let trace = 0;
for (let i = 0; i < n; i++) {
  for (let j = 0; j < n; j++) {
    let cell = 0;
    for (let k = 0; k < n; k++) cell += a[i * n + k] * b[k * n + j];
    if (i === j) trace += cell;
  }
}
return Functions.encodeUint256(trace * 100_000 + list[30_000].at);
