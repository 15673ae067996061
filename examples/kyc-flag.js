// Whether an address belongs to a customer with an approved and unexpired identity check (Persona's inquiries API).
// args: [address, base URL?]   secrets: kycToken   returns: uint256, 1 or 0
const [address, base = "https://api.withpersona.com/api/v1"] = args;
if (!/^0x[0-9a-fA-F]{40}$/.test(address)) throw Error("args[0] is no address");
if (!secrets.kycToken) throw Error("secret kycToken is missing");

const answer = await Functions.makeHttpRequest({
  url: `${base}/inquiries`,
  params: { "filter[reference-id]": address.toLowerCase() },
  headers: { Authorization: `Bearer ${secrets.kycToken}`, "Persona-Version": "2023-01-05" },
});
if (answer.code === "401") throw Error("kyc: token refused");
if (answer.error) throw Error(`kyc: status ${answer.code ?? "none"}`);
if (!Array.isArray(answer.data?.data)) throw Error("kyc: unexpected answer");

// The clock of a script stands at the request's block, so every node judges expiry by the same time.
const valid = answer.data.data.some(({ attributes }) =>
  attributes?.status === "approved" && Date.parse(attributes["expires-at"]) > Date.now());
return Functions.encodeUint256(valid ? 1 : 0);
