// Compiles contracts/PriceConsumer.sol to build/PriceConsumer.json: { abi, bytecode }.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

const file = "contracts/PriceConsumer.sol";
const input = {
  language: "Solidity",
  sources: { [file]: { content: fs.readFileSync(path.join(__dirname, file), "utf8") } },
  settings: {
    evmVersion: "paris",
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { PriceConsumer: ["abi", "evm.bytecode.object"] } },
  },
};

function fromPackages(name) {
  try {
    return { contents: fs.readFileSync(path.join(__dirname, "node_modules", name), "utf8") };
  } catch (error) {
    return { error: error.message };
  }
}

const output = JSON.parse(solc.compile(JSON.stringify(input), { import: fromPackages }));
for (const message of output.errors ?? []) console.error(message.formattedMessage);
if ((output.errors ?? []).some((message) => message.severity === "error")) process.exit(1);
const { abi, evm } = output.contracts[file].PriceConsumer;
fs.mkdirSync(path.join(__dirname, "build"), { recursive: true });
fs.writeFileSync(
  path.join(__dirname, "build/PriceConsumer.json"),
  JSON.stringify({ abi, bytecode: `0x${evm.bytecode.object}` }, null, 2),
);
console.log("build/PriceConsumer.json");
