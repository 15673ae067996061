// Modular inverse and exponentiation, as a signature check would use them.
// expect: result 0xcb8cb00a9c8337a489e70f42a0e704745055d80a1055bb7eb23781a9db1e3cec
const p = 2n ** 255n - 19n;
const power = (base, exponent, modulus) => {
  let result = 1n;
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus) if (e & 1n) result = (result * b) % modulus;
  return result;
};
const x = 0x123456789abcdef0fedcba9876543210n;
const inverse = power(x, p - 2n, p);
if ((x * inverse) % p !== 1n) throw new Error("not the inverse");
return Functions.encodeInt256(-(inverse >> 1n));
