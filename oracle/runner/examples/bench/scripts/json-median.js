// Parses quotes of many sources and takes their median.
const quotes = Array.from({ length: 20_000 }, (_, at) => ({ source: `exchange-${at % 97}`, price: `${(at * 7919) % 100_003}.${at % 100}`, at }));
let text = JSON.stringify({ quotes });
let median = 0;
for (let round = 0; round < 4; round++) {
  const parsed = JSON.parse(text);
  const prices = parsed.quotes.map((quote) => Math.round(parseFloat(quote.price) * 100)).sort((a, b) => a - b);
  median = prices[prices.length >> 1];
  text = JSON.stringify(parsed);
}
return Functions.encodeUint256(median);
