// Modular arithmetic on 256-bit integers, as fixed-point and curve code does.
const P = 2n ** 256n - 2n ** 32n - 977n;
let x = 0x1234567890abcdefn, sum = 0n;
for (let at = 0; at < 60_000; at++) {
  x = (x * x + 12_345_678_901_234_567_890n) % P;
  sum = (sum + (x >> 7n) * 3n) % P;
  if (at % 1_000 === 0) sum ^= BigInt(x.toString().length);
}
return Functions.encodeUint256(sum);
