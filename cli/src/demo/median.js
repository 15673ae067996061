// Asks every URL in args for a price in US dollars and returns their median in cents.
const answers = await Promise.all(args.map((url) => Functions.makeHttpRequest({ url })));
const prices = answers.map((answer, i) => {
  if (answer.error) throw Error(`${args[i]} did not answer: ${answer.message}`);
  return Math.round(answer.data.price * 100);
});
prices.sort((a, b) => a - b);
const median = prices[Math.floor((prices.length - 1) / 2)];
console.log(`prices ${prices.join(", ")}; median ${median}`);
return Functions.encodeUint256(median);
