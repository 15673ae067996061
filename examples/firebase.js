// Leader of a game: the entry with the highest score in a Firebase Realtime Database, ordered by the server.
// args: [database URL, path]   secrets: firebaseToken (optional)   returns: bytes, 32 of the score, then the name
const [database, path] = args;
const params = { orderBy: '"score"', limitToLast: "1" };
if (secrets.firebaseToken) params.auth = secrets.firebaseToken;

const answer = await Functions.makeHttpRequest({ url: `${database}/${path}.json`, params });
if (answer.code === "401") throw Error("firebase: permission denied");
if (answer.error) throw Error(`firebase: status ${answer.code ?? "none"}`);
// An empty or absent place is the JSON value null.
const [name, entry] = Object.entries(answer.data ?? {})[0] ?? [];
if (name === undefined) throw Error(`firebase: nothing at ${path}`);
if (!Number.isSafeInteger(entry?.score)) throw Error("firebase: the entry has no score");
return Buffer.concat([Functions.encodeUint256(entry.score), Functions.encodeString(name)]);
