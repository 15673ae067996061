// The body of an async function, run by every oracle; it returns bytes. Here: the median of the prices in args.
// A real script fetches them: const answer = await Functions.makeHttpRequest({ url: `https://api.example.com/${args[0]}` });
const prices = args.map(Number).sort((a, b) => a - b);
return Functions.encodeUint256(prices[Math.floor((prices.length - 1) / 2)]);
