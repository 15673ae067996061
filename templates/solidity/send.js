// Deploys PriceConsumer, gives it a subscription, sends one request and waits for the callback. Settings come from the environment:
//   ROUTER           the Router; the only thing that tells one network of oracles from another
//   RPC_URL          a node of its chain (http://127.0.0.1:8547)
//   DON_ID           name of the DON (fun-local-1)
//   KEY_FILE         file with the owner's private key; on a local development chain its public key is used without one
//   SUBSCRIPTION_ID  an existing, funded subscription of that key; without one, a new one is made and funded with
//   LINK             that token, of which the key must hold 5
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { ethers } = require("ethers");

const DEVELOPMENT_CHAIN = 412346n;
const DEVELOPMENT_KEY = "0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
const FUNDING = ethers.parseEther("5"); // LINK has 18 decimals too
const PATIENCE_MS = 120_000;

const ROUTER_ABI = [
  "function createSubscriptionWithConsumer(address consumer) returns (uint64)",
  "function addConsumer(uint64 subscriptionId, address consumer)",
  "event SubscriptionCreated(uint64 indexed subscriptionId, address owner)",
  "event RequestProcessed(bytes32 indexed requestId, uint64 indexed subscriptionId, uint96 totalCostJuels, address transmitter, uint8 resultCode, bytes response, bytes err, bytes callbackReturnData)",
];
const LINK_ABI = ["function transferAndCall(address to, uint256 value, bytes data) returns (bool)"];

function setting(name, otherwise) {
  const value = process.env[name] ?? otherwise;
  if (value === undefined) throw new Error(`${name} is not set; README.md says where it comes from`);
  return value;
}

function logged(receipt, contract, event) {
  const logs = receipt.logs.map((log) => contract.interface.parseLog(log));
  return logs.find((log) => log?.name === event).args;
}

async function ownerKey(provider) {
  if (process.env.KEY_FILE) return fs.readFileSync(process.env.KEY_FILE, "utf8").trim();
  const { chainId } = await provider.getNetwork();
  if (chainId === DEVELOPMENT_CHAIN) return DEVELOPMENT_KEY;
  throw new Error(`KEY_FILE is not set, and chain ${chainId} is no local development chain`);
}

async function subscribe(router, consumer, owner) {
  if (process.env.SUBSCRIPTION_ID) {
    await (await router.addConsumer(process.env.SUBSCRIPTION_ID, consumer)).wait();
    return BigInt(process.env.SUBSCRIPTION_ID);
  }
  const receipt = await (await router.createSubscriptionWithConsumer(consumer)).wait();
  const id = logged(receipt, router, "SubscriptionCreated").subscriptionId;
  const link = new ethers.Contract(setting("LINK"), LINK_ABI, owner);
  const data = ethers.AbiCoder.defaultAbiCoder().encode(["uint64"], [id]);
  await (await link.transferAndCall(await router.getAddress(), FUNDING, data)).wait();
  return id;
}

async function processed(router, requestId, fromBlock) {
  const filter = router.filters.RequestProcessed(requestId);
  for (const begin = Date.now(); Date.now() - begin < PATIENCE_MS; ) {
    const [event] = await router.queryFilter(filter, fromBlock);
    if (event) return event.args;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`request ${requestId} has no answer after ${PATIENCE_MS / 1000} s`);
}

async function main() {
  const provider = new ethers.JsonRpcProvider(setting("RPC_URL", "http://127.0.0.1:8547"));
  const owner = new ethers.NonceManager(new ethers.Wallet(await ownerKey(provider), provider));
  const router = new ethers.Contract(setting("ROUTER"), ROUTER_ABI, owner);

  const { abi, bytecode } = JSON.parse(fs.readFileSync(path.join(__dirname, "build/PriceConsumer.json"), "utf8"));
  const deployed = await new ethers.ContractFactory(abi, bytecode, owner).deploy(await router.getAddress());
  const consumer = await deployed.waitForDeployment();
  const address = await consumer.getAddress();
  console.error(`PriceConsumer at ${address}`);
  const subscriptionId = await subscribe(router, address, owner);
  console.error(`subscription ${subscriptionId}`);

  const source = fs.readFileSync(path.join(__dirname, "source.js"), "utf8");
  const donId = ethers.encodeBytes32String(setting("DON_ID", "fun-local-1"));
  const sent = await consumer.requestPrice(source, ["1498", "1507", "1502"], subscriptionId, donId);
  const receipt = await sent.wait();
  // From the receipt: by now the answer may be there, and nothing pending any more.
  const requestId = logged(receipt, consumer, "RequestSent").id;
  console.error(`request ${requestId}`);

  const { resultCode, totalCostJuels, err } = await processed(router, requestId, receipt.blockNumber);
  if (resultCode !== 0n || err !== "0x") throw new Error(`result code ${resultCode}, error ${ethers.toUtf8String(err)}`);
  const price = await consumer.price();
  console.log(JSON.stringify({ requestId, consumer: address, price: price.toString(), chargedJuels: totalCostJuels.toString() }));
}

main().catch((error) => {
  console.error(error.shortMessage ?? error.message);
  process.exit(1);
});
