// Sums the contributions to a GitHub repository over all pages of the answer, following its Link headers.
// args: [owner/repository, base URL?]   returns: uint256
const [repository, base = "https://api.github.com"] = args;
const MAX_PAGES = 5; // as many HTTP requests as a run may make

let url = `${base}/repos/${repository}/contributors?per_page=100`;
let total = 0;
for (let page = 1; url; page++) {
  if (page > MAX_PAGES) throw Error(`github: more than ${MAX_PAGES} pages`);
  const answer = await Functions.makeHttpRequest({ url, headers: { Accept: "application/vnd.github+json" } });
  if (answer.code === "403" || answer.code === "429") throw Error("github: rate limited");
  if (answer.error) throw Error(`github: page ${page}: status ${answer.code ?? "none"}`);
  if (!Array.isArray(answer.data)) throw Error(`github: page ${page}: unexpected answer`);
  for (const { contributions } of answer.data) {
    if (!Number.isSafeInteger(contributions)) throw Error(`github: page ${page}: unexpected answer`);
    total += contributions;
  }
  url = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.link ?? "")?.[1];
}
return Functions.encodeUint256(total);
