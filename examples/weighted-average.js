// Volume-weighted average price of a coin over the markets CoinGecko lists, without stale or anomalous ones.
// args: [coin id, base URL?]   returns: uint256, US dollars with 8 decimals
const [coin, base = "https://api.coingecko.com/api/v3"] = args;
const answer = await Functions.makeHttpRequest({ url: `${base}/coins/${encodeURIComponent(coin)}/tickers` });
if (answer.error) throw Error(`tickers: status ${answer.code ?? "none"}`);
if (!Array.isArray(answer.data?.tickers)) throw Error("tickers: unexpected answer");

const SCALE = 1e8;
let value = 0n;
let volume = 0n;
for (const ticker of answer.data.tickers) {
  if (ticker.is_stale || ticker.is_anomaly) continue;
  if (!(ticker.converted_last?.usd > 0 && ticker.converted_volume?.usd >= 0)) throw Error("tickers: unexpected answer");
  // Whole dollars of volume are weight enough, and integers add up the same in every order.
  const weight = BigInt(Math.round(ticker.converted_volume.usd));
  value += BigInt(Math.round(ticker.converted_last.usd * SCALE)) * weight;
  volume += weight;
}
if (volume === 0n) throw Error("tickers: no volume");
return Functions.encodeUint256(value / volume);
