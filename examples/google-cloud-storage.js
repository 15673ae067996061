// Reads a private Google Cloud Storage object as a service account: a JWT signed with RS256 buys a token, the token the
// object. Returns the SHA-256 of its bytes, for a contract that holds a commitment to them.
// args: [bucket, object, storage URL?, token URL?]   secrets: clientEmail, privateKey (PEM)   returns: bytes, 32
const [bucket, object, storage = "https://storage.googleapis.com"] = args;
const tokenUrl = args[3] ?? "https://oauth2.googleapis.com/token";
const { clientEmail, privateKey } = secrets;
if (!clientEmail || !privateKey) throw Error("secrets clientEmail and privateKey are missing");

const utf8 = new TextEncoder();
const base64url = (data) =>
  Buffer.from(data).toString("base64").replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

async function sign(claims) {
  const der = Buffer.from(privateKey.replace(/-----[A-Z ]+-----/g, "").replace(/\s/g, ""), "base64");
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  const head = base64url(utf8.encode(JSON.stringify({ alg: "RS256", typ: "JWT" })));
  const content = `${head}.${base64url(utf8.encode(JSON.stringify(claims)))}`;
  return `${content}.${base64url(await crypto.subtle.sign(algorithm.name, key, utf8.encode(content)))}`;
}

const now = Math.floor(Date.now() / 1000); // time of the request's block: the same JWT on every node
const assertion = await sign({
  iss: clientEmail,
  scope: "https://www.googleapis.com/auth/devstorage.read_only",
  aud: tokenUrl,
  iat: now,
  exp: now + 3600,
});

// The token request is a form, which makeHttpRequest would turn into JSON; fetch sends it as it is.
const granted = await fetch(tokenUrl, {
  method: "POST",
  body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }),
});
if (granted.status === 400 || granted.status === 401) throw Error("google: the service account was refused");
if (!granted.ok) throw Error(`google: token: status ${granted.status}`);
const token = (await granted.json().catch(() => null))?.access_token;
if (!token) throw Error("google: no token in the answer");

const answer = await Functions.makeHttpRequest({
  url: `${storage}/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(object)}?alt=media`,
  headers: { Authorization: `Bearer ${token}` },
  responseType: "arraybuffer",
});
if (answer.code === "404") throw Error("google: no such object");
if (answer.error) throw Error(`google: object: status ${answer.code ?? "none"}`);
return crypto.subtle.digest("SHA-256", answer.data);
