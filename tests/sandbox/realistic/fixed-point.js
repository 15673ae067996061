// Compound interest over 365 days in 27-decimal fixed point.
// expect: result 0x0000000000000000000000000000000000000000033ec4458141d986bd4830a1
const RAY = 10n ** 27n;
const multiply = (a, b) => (a * b + RAY / 2n) / RAY;
const power = (base, exponent) => {
  let result = RAY;
  for (let n = exponent, x = base; n > 0n; n >>= 1n, x = multiply(x, x)) if (n & 1n) result = multiply(result, x);
  return result;
};
return Functions.encodeUint256(power(RAY + 137174211248285322n, 365n * 86400n));
