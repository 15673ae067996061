// Drives the published toolkit, as it is: a line of JSON in, {"do":…}, what came of it out: {"ok":…} or {"error":…}.
// What the toolkit told its user meanwhile goes with an error.
// Usage: node drive.mjs FOLDER CHAIN ROUTER DON KEY, where FOLDER/node_modules holds @chainlink/functions-toolkit.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

let told = [];
console.log = console.info = text => told.push(text);
const [folder, chain, functionsRouterAddress, donId, key] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { SecretsManager } = require("@chainlink/functions-toolkit");
const { Wallet, providers } = require("ethers");
const managerOf = async key => {
  const signer = new Wallet(key, new providers.JsonRpcProvider(chain));
  const manager = new SecretsManager({ signer, functionsRouterAddress, donId });
  await manager.initialize();
  return manager;
};
let manager = await managerOf(key);
const verbs = {
  as: async ({ key }) => { manager = await managerOf(key); },
  // Versions and expirations are of this clock.
  time: ({ ms }) => { Date.now = () => ms; },
  encrypt: ({ secrets }) => manager.encryptSecrets(secrets),
  upload: ({ upload }) => manager.uploadEncryptedSecretsToDON(upload),
  list: ({ urls }) => manager.listDONHostedEncryptedSecrets(urls),
};
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let said;
  told = [];
  try {
    said = { ok: (await verbs[asked.do](asked)) ?? null };
  } catch (err) {
    said = { error: [...told, err.message].join("\n") };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
