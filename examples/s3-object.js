// Reads a JSON object from a private S3 bucket by a GET signed with Signature Version 4, and returns its field `total`.
// args: [bucket, key, region, endpoint?]   secrets: accessKeyId, secretAccessKey   returns: uint256
const [bucket, key, region, endpoint] = args;
const { accessKeyId, secretAccessKey } = secrets;
if (!accessKeyId || !secretAccessKey) throw Error("secrets accessKeyId and secretAccessKey are missing");

const utf8 = new TextEncoder();
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const sha256 = async (text) => hex(await crypto.subtle.digest("SHA-256", utf8.encode(text)));
async function hmac(secret, text) {
  const imported = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, utf8.encode(text)));
}

// S3 signs each part of the path escaped once, with RFC 3986's reserved characters escaped too.
const escape3986 = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const path = key.split("/").map(escape3986).join("/");
const url = new URL(
  endpoint ? `${endpoint}/${bucket}/${path}` : `https://${bucket}.s3.${region}.amazonaws.com/${path}`,
);

// The clock of a script stands at the request's block: every node makes the same signature.
const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
const day = time.slice(0, 8);
const payload = await sha256("");
const signedHeaders = "host;x-amz-content-sha256;x-amz-date";
const canonical = [
  "GET",
  url.pathname,
  "",
  `host:${url.host}`,
  `x-amz-content-sha256:${payload}`,
  `x-amz-date:${time}`,
  "",
  signedHeaders,
  payload,
].join("\n");
const scope = `${day}/${region}/s3/aws4_request`;
let signing = utf8.encode(`AWS4${secretAccessKey}`);
for (const part of [day, region, "s3", "aws4_request"]) signing = await hmac(signing, part);
const toSign = ["AWS4-HMAC-SHA256", time, scope, await sha256(canonical)].join("\n");
const signature = hex(await hmac(signing, toSign));

const answer = await Functions.makeHttpRequest({
  url: url.href,
  headers: {
    "x-amz-content-sha256": payload,
    "x-amz-date": time,
    Authorization:
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  },
});
if (answer.code === "403") throw Error("s3: access denied");
if (answer.code === "404") throw Error("s3: no such object");
if (answer.error) throw Error(`s3: status ${answer.code ?? "none"}`);
if (!/^\d+$/.test(answer.data?.total)) throw Error("s3: the object has no field total");
return Functions.encodeUint256(BigInt(answer.data.total));
