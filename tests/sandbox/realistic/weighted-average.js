// Volume-weighted average price, in integers only.
// expect: result 0x0000000000000000000000000000000000000000000000001121db5001b4b035
const trades = [["1.2345", "1000"], ["1.2350", "250.5"], ["1.2299", "33.25"], ["1.2401", "7"]];
const scaled = (text, decimals) => {
  const [whole, fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(decimals, "0").slice(0, decimals));
};
let [value, volume] = [0n, 0n];
for (const [price, amount] of trades) {
  value += scaled(price, 18) * scaled(amount, 6);
  volume += scaled(amount, 6);
}
return Functions.encodeUint256(value / volume);
