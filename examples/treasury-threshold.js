// Whether a bank account holds at least a threshold; its balance stays private (Modern Treasury's balance reports).
// args: [account id, threshold in cents, base URL?]   secrets: organization, apiKey   returns: uint256, 1 or 0
const [account, threshold, base = "https://app.moderntreasury.com/api"] = args;
const { organization, apiKey } = secrets;
if (!organization || !apiKey) throw Error("secrets organization and apiKey are missing");

const answer = await Functions.makeHttpRequest({
  url: `${base}/internal_accounts/${encodeURIComponent(account)}/balance_reports/latest`,
  headers: { Authorization: `Basic ${btoa(`${organization}:${apiKey}`)}` },
});
if (answer.code === "401") throw Error("treasury: credentials refused");
if (answer.error) throw Error(`treasury: status ${answer.code ?? "none"}`);

const available = answer.data?.balances?.find((b) => b.balance_type === "current_available" && b.currency === "USD");
if (!Number.isSafeInteger(available?.amount)) throw Error("treasury: no available balance in USD");
return Functions.encodeUint256(BigInt(available.amount) >= BigInt(threshold) ? 1 : 0);
