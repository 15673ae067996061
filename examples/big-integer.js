// Debt after compound interest, exactly as MakerDAO's contracts compute it: 27-decimal fixed point, rounded half up.
// args: [principal in wei, rate a second with 27 decimals, seconds]   returns: uint256, wei
const RAY = 10n ** 27n;
const [principal, rate, seconds] = args.map((text) => {
  if (!/^\d+$/.test(text)) throw Error(`${text} is no whole number`);
  return BigInt(text);
});
if (args.length !== 3) throw Error("args: principal, rate, seconds");

const rayMultiply = (a, b) => (a * b + RAY / 2n) / RAY;

// Square and multiply: a year of seconds takes 25 rounds.
let factor = RAY;
let base = rate;
for (let rest = seconds; rest > 0n; rest >>= 1n) {
  if (rest & 1n) factor = rayMultiply(factor, base);
  base = rayMultiply(base, base);
}
return Functions.encodeUint256(rayMultiply(principal, factor));
