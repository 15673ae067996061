// Settings from the environment, each checked against the chain before anything is sent: a mistake costs no gas.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { ethers } = require("ethers");

const DEVELOPMENT_CHAIN = 412346n;
const DEVELOPMENT_KEY = "0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
const DEVELOPMENT_URL = "http://127.0.0.1:8547";

const ROUTER_ABI = [
  "function typeAndVersion() view returns (string)",
  "function getContractById(bytes32 id) view returns (address)",
  "function getSubscription(uint64 subscriptionId) view returns (tuple(uint96 balance, address owner, uint96 blockedBalance, address proposedOwner, address[] consumers, bytes32 flags))",
  "function createSubscriptionWithConsumer(address consumer) returns (uint64)",
  "function addConsumer(uint64 subscriptionId, address consumer)",
  "event SubscriptionCreated(uint64 indexed subscriptionId, address owner)",
  "event RequestProcessed(bytes32 indexed requestId, uint64 indexed subscriptionId, uint96 totalCostJuels, address transmitter, uint8 resultCode, bytes response, bytes err, bytes callbackReturnData)",
  "error RouteNotFound(bytes32 id)",
  "error InsufficientBalance(uint96 currentBalanceJuels)",
  "error GasLimitTooBig(uint32 limit)",
  "error InvalidConsumer()",
  "error InvalidSubscription()",
  "error MustBeSubscriptionOwner()",
  "error SenderMustAcceptTermsOfService(address sender)",
  "error TooManyConsumers(uint16 maximumConsumers)",
];
const LINK_ABI = [
  "function balanceOf(address) view returns (uint256)",
  "function transferAndCall(address to, uint256 value, bytes data) returns (bool)",
];

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; README.md says where it comes from`);
  return value;
}

function addressOf(name) {
  const value = required(name);
  if (ethers.isAddress(value) && value.startsWith("0x")) return value;
  const wrong = /^0x[0-9a-fA-F]{40}$/.test(value) ? "its capitals are those of another one; copy it anew" : "it takes 0x and 40 hexadecimal digits";
  throw new Error(`${name} is ${value}, which is no address: ${wrong}`);
}

// A setting that is a number of at most `most`; undefined when it is not set.
function numberOf(name, most, where) {
  const value = process.env[name];
  if (!value) return undefined;
  const wrong = (why) => new Error(`${name} is ${JSON.stringify(value)}: ${why}; ${where}`);
  if (!/^\d+$/.test(value)) throw wrong("it takes a whole number in decimal digits");
  const number = BigInt(value);
  if (number > most) throw wrong("no such number exists, it is too large");
  return number;
}

// Asked without the library, which would go on trying for ever.
async function chainIdAt(url) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  const hint = `start a network (README.md) or set RPC_URL`;
  let answer;
  try {
    answer = await (await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body })).json();
  } catch (error) {
    throw new Error(`no chain answers at ${url} (${error.cause?.message ?? error.message}); ${hint}`);
  }
  if (!/^0x[0-9a-fA-F]{1,16}$/.test(answer?.result)) throw new Error(`${url} answers, but not as a chain does; ${hint}`);
  return BigInt(answer.result);
}

async function chain() {
  const url = process.env.RPC_URL || DEVELOPMENT_URL;
  const id = await chainIdAt(url);
  // Who names no endpoint means the local development chain, not whatever else listens on its port.
  const given = numberOf("CHAIN_ID", 2n ** 64n - 1n, "leave it out to take the chain that RPC_URL leads to");
  const wanted = given ?? (process.env.RPC_URL ? id : DEVELOPMENT_CHAIN);
  if (id !== wanted) {
    throw new Error(`the chain at ${url} has the id ${id}, not ${wanted}; set RPC_URL to the right one, or CHAIN_ID to ${id} if you mean this one`);
  }
  console.error(`chain ${id} at ${url}`);
  return { id, provider: new ethers.JsonRpcProvider(url, id, { staticNetwork: true }) };
}

async function ownerOf({ id, provider }) {
  let key;
  if (process.env.KEY_FILE) {
    try {
      key = fs.readFileSync(process.env.KEY_FILE, "utf8").trim();
    } catch (error) {
      throw new Error(`KEY_FILE: ${error.message}`);
    }
  } else if (id === DEVELOPMENT_CHAIN) {
    key = DEVELOPMENT_KEY;
  } else {
    throw new Error(`KEY_FILE is not set, and chain ${id} is no local development chain`);
  }
  let wallet;
  try {
    wallet = new ethers.Wallet(key, provider);
  } catch {
    throw new Error(`KEY_FILE ${process.env.KEY_FILE} holds no private key of 64 hexadecimal digits`);
  }
  if ((await provider.getBalance(wallet.address)) === 0n) {
    throw new Error(`${wallet.address} has no ether on chain ${id} to pay for gas`);
  }
  return wallet;
}

async function routerOf({ id, provider }, wallet) {
  const address = addressOf("ROUTER");
  if ((await provider.getCode(address)) === "0x") throw new Error(`ROUTER: there is no contract at ${address} on chain ${id}`);
  const router = new ethers.Contract(address, ROUTER_ABI, wallet);
  const kind = await router.typeAndVersion().catch(() => "something else");
  if (!kind.startsWith("Functions Router")) throw new Error(`ROUTER: the contract at ${address} is no Functions Router but ${kind}`);
  return router;
}

async function donOf(router) {
  const name = process.env.DON_ID || "fun-local-1";
  if (Buffer.byteLength(name) > 31) throw new Error(`DON_ID is ${name}: a name has at most 31 bytes`);
  const id = ethers.encodeBytes32String(name);
  try {
    await router.getContractById(id);
  } catch (error) {
    if (error.revert?.name !== "RouteNotFound") throw error;
    throw new Error(`DON_ID: this Router knows no DON named ${name}; its operator says what it is called`);
  }
  return id;
}

// An existing subscription of the wallet, or the LINK that a new one is funded with.
async function paymentOf({ id, provider }, wallet, router, funding) {
  const own = "leave SUBSCRIPTION_ID out to have one made";
  const subscriptionId = numberOf("SUBSCRIPTION_ID", 2n ** 64n - 1n, `\`functions sub create\` prints one; or ${own}`);
  if (subscriptionId !== undefined) {
    const found = await router.getSubscription(subscriptionId).catch((error) => {
      if (error.revert?.name !== "InvalidSubscription") throw error;
      throw new Error(`SUBSCRIPTION_ID: this Router knows no subscription ${subscriptionId}; see whether ROUTER and the number belong together, or ${own}`);
    });
    if (found.owner !== wallet.address) {
      throw new Error(`SUBSCRIPTION_ID: subscription ${subscriptionId} belongs to ${found.owner}, not to ${wallet.address}; set KEY_FILE to that owner's key, or ${own}`);
    }
    if (found.balance <= found.blockedBalance) {
      throw new Error(`SUBSCRIPTION_ID: subscription ${subscriptionId} has no LINK left; fund it first: functions sub fund ${subscriptionId} 5`);
    }
    return { subscriptionId };
  }
  const address = addressOf("LINK");
  const link = new ethers.Contract(address, LINK_ABI, wallet);
  const balance = await link.balanceOf(wallet.address).catch(() => undefined);
  if (balance === undefined) throw new Error(`LINK: there is no token at ${address} on chain ${id}`);
  if (balance < funding) {
    const [has, needs] = [balance, funding].map((amount) => ethers.formatEther(amount));
    throw new Error(`LINK: ${wallet.address} has ${has} LINK and a new subscription is funded with ${needs}; get LINK, or set SUBSCRIPTION_ID`);
  }
  return { link };
}

function compiled() {
  const file = path.join(__dirname, "build/PriceConsumer.json");
  if (!fs.existsSync(file)) throw new Error("the contract is not compiled; run: node compile.js");
  return JSON.parse(fs.readFileSync(file, "utf8"));
}

/** Everything `send.js` needs: { wallet, router, donId, subscriptionId or link, abi, bytecode }; throws what is wrong and what to do. */
async function settings(funding) {
  const [major] = process.versions.node.split(".");
  if (Number(major) < 18) throw new Error(`this is Node.js ${process.versions.node}; 22 or later is needed`);
  const contract = compiled();
  const at = await chain();
  const wallet = await ownerOf(at);
  const router = await routerOf(at, wallet);
  const donId = await donOf(router);
  return { wallet, router, donId, ...(await paymentOf(at, wallet, router, funding)), ...contract };
}

/** A failed call in words: the contract's own error where it is one of the Router's. */
function explain(error) {
  const data = error.data ?? error.info?.error?.data;
  const known = typeof data === "string" && data.length >= 10 ? new ethers.Interface(ROUTER_ABI).parseError(data) : null;
  if (known) return `the Router refused: ${known.name}(${known.args.join(", ")})`;
  return error.shortMessage ?? error.message;
}

module.exports = { settings, explain };
