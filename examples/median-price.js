// Median price of one asset over several sources; sources that fail are left out as long as two remain.
// args: one "URL" or "URL path.to.price" a source (path: price)   returns: uint256, US dollars with 8 decimals
const DECIMALS = 8;

// Exact: "3001.25" becomes 300125000000n without passing through a float.
function fixed(value) {
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(String(value));
  if (!parts) throw Error("not a decimal number");
  return BigInt(parts[1] + (parts[2] ?? "").padEnd(DECIMALS, "0").slice(0, DECIMALS));
}

async function price(source) {
  const [url, path = "price"] = source.split(" ");
  const answer = await Functions.makeHttpRequest({ url });
  if (answer.error) throw Error(`status ${answer.code ?? "none"}`);
  return fixed(path.split(".").reduce((value, key) => value?.[key], answer.data));
}

if (args.length === 0) throw Error("args: one URL a source");
const answers = await Promise.allSettled(args.map(price));
const prices = answers.filter((a) => a.status === "fulfilled").map((a) => a.value);
answers.forEach((a, i) => a.reason && console.warn(`source ${i}: ${a.reason.message}`));
if (prices.length < Math.min(2, args.length)) throw Error(`only ${prices.length} of ${args.length} sources answered`);

prices.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
const middle = prices.length >> 1;
const median = prices.length % 2 === 1 ? prices[middle] : (prices[middle - 1] + prices[middle]) / 2n;
return Functions.encodeUint256(median);
