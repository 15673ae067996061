// Deploys PriceConsumer, gives it a subscription, sends one request and waits for the callback. Settings come from the environment:
//   ROUTER           the Router; the only thing that tells one network of oracles from another
//   RPC_URL          a node of its chain (http://127.0.0.1:8547, where only a local development chain is taken)
//   CHAIN_ID         the chain's id, to be sure
//   DON_ID           name of the DON (fun-local-1)
//   KEY_FILE         file with the owner's private key; on a local development chain its public key is used without one
//   SUBSCRIPTION_ID  an existing, funded subscription of that key; without one, a new one is made and funded with
//   LINK             that token, of which the key must hold 5
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { ethers } = require("ethers");
const { settings, explain } = require("./settings.js");

const FUNDING = ethers.parseEther("5"); // LINK has 18 decimals too
const PATIENCE_MS = 120_000;

function logged(receipt, contract, event) {
  const logs = receipt.logs.map((log) => contract.interface.parseLog(log));
  return logs.find((log) => log?.name === event).args;
}

async function subscribe(router, consumer, { subscriptionId, link }) {
  if (subscriptionId !== undefined) {
    await (await router.addConsumer(subscriptionId, consumer)).wait();
    return subscriptionId;
  }
  const receipt = await (await router.createSubscriptionWithConsumer(consumer)).wait();
  const id = logged(receipt, router, "SubscriptionCreated").subscriptionId;
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
  const set = await settings(FUNDING);
  const owner = new ethers.NonceManager(set.wallet);
  const router = set.router.connect(owner);
  const payment = { subscriptionId: set.subscriptionId, link: set.link?.connect(owner) };

  const deployed = await new ethers.ContractFactory(set.abi, set.bytecode, owner).deploy(await router.getAddress());
  const consumer = await deployed.waitForDeployment();
  const address = await consumer.getAddress();
  console.error(`PriceConsumer at ${address}`);
  const subscriptionId = await subscribe(router, address, payment);
  console.error(`subscription ${subscriptionId}`);

  const source = fs.readFileSync(path.join(__dirname, "source.js"), "utf8");
  const sent = await consumer.requestPrice(source, ["1498", "1507", "1502"], subscriptionId, set.donId);
  const receipt = await sent.wait();
  // From the receipt: somebody else may have asked since.
  const requestId = logged(receipt, consumer, "RequestSent").id;
  console.error(`request ${requestId}`);

  const { resultCode, totalCostJuels, err } = await processed(router, requestId, receipt.blockNumber);
  if (resultCode !== 0n || err !== "0x") throw new Error(`result code ${resultCode}, error ${ethers.toUtf8String(err)}`);
  const price = await consumer.price();
  console.log(JSON.stringify({ requestId, consumer: address, price: price.toString(), chargedJuels: totalCostJuels.toString() }));
}

main().catch((error) => {
  console.error(`error: ${explain(error)}`);
  process.exit(1);
});
