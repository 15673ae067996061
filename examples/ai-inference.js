// Asks a language model for the sentiment of a text and reduces its answer to one number nodes can agree on.
// args: [text, model?, base URL?]   secrets: openaiKey   returns: int256, -1 negative, 0 neutral, 1 positive
const [text, model = "gpt-4o-mini", base = "https://api.openai.com/v1"] = args;
if (!secrets.openaiKey) throw Error("secret openaiKey is missing");

const answer = await Functions.makeHttpRequest({
  url: `${base}/chat/completions`,
  method: "POST",
  headers: { "Content-Type": "application/json", Authorization: `Bearer ${secrets.openaiKey}` },
  data: {
    model,
    temperature: 0,
    seed: 1,
    max_tokens: 3,
    messages: [
      { role: "system", content: "Classify the sentiment. Answer with one word: negative, neutral or positive." },
      { role: "user", content: text },
    ],
  },
  timeout: 9000,
});
if (answer.code === "429") throw Error("model: rate limited");
if (answer.error) throw Error(`model: status ${answer.code ?? "none"}`);

// A model's wording varies; anything but one of the three words is an error, never a guess.
const word = String(answer.data?.choices?.[0]?.message?.content).trim().toLowerCase().replace(/[^a-z]/g, "");
const sentiment = { negative: -1, neutral: 0, positive: 1 }[word];
if (sentiment === undefined) throw Error("model: no usable answer");
return Functions.encodeInt256(sentiment);
