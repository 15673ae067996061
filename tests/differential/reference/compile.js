// usage: node compile.js SOURCES OUT: writes OUT/<contract>.hex, the creation code of each contract the tests deploy, and
// OUT/<contract>.abi.json, its ABI.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const [sources, out] = process.argv.slice(2);
const solc = require(path.resolve(sources, "solc"));

const functions = "src/v0.8/functions";
const wanted = {
  router: [`${functions}/v1_0_0/FunctionsRouter.sol`, "FunctionsRouter"],
  coordinator: [`${functions}/v1_3_0/FunctionsCoordinator.sol`, "FunctionsCoordinator"],
  // The package keeps the unreleased versions under dev; this Coordinator calls itself 1.3.1.
  coordinator_1_3_1: [`${functions}/dev/v1_X/FunctionsCoordinator.sol`, "FunctionsCoordinator"],
  allow_list: [`${functions}/v1_3_0/accessControl/TermsOfServiceAllowList.sol`, "TermsOfServiceAllowList"],
  link_token: ["src/v0.8/shared/token/ERC677/LinkToken.sol", "LinkToken"],
  client: [`${functions}/v1_0_0/example/FunctionsClientExample.sol`, "FunctionsClientExample"],
  // The package keeps the example of the 1.3.0 client here; that folder's FunctionsClient is v1_3_0's but for its imports.
  client_v1_3_0: [`${functions}/dev/v1_X/example/FunctionsClientExample.sol`, "FunctionsClientExample"],
  // Ours, in this folder: the package's request library behind a function.
  request_encoder: ["RequestEncoder.sol", "RequestEncoder"],
};

function locate(name) {
  const zeppelin = /^@openzeppelin\/contracts(@[\d.]+)?\//;
  const own = path.join(__dirname, name);
  const file = fs.existsSync(own)
    ? own
    : zeppelin.test(name)
      ? path.join(sources, "openzeppelin", name.replace(zeppelin, ""))
      : path.join(sources, "chainlink", name);
  return fs.existsSync(file) ? { contents: fs.readFileSync(file, "utf8") } : { error: `no file ${file}` };
}

const input = { language: "Solidity", sources: {}, settings: {
  optimizer: { enabled: true, runs: 1_000_000 },
  evmVersion: "paris",
  metadata: { bytecodeHash: "none" },
  outputSelection: {},
} };
for (const [file, contract] of Object.values(wanted)) {
  const { contents, error } = locate(file);
  if (error) throw new Error(error);
  input.sources[file] = { content: contents };
  input.settings.outputSelection[file] = { [contract]: ["abi", "evm.bytecode.object"] };
}
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: locate }));
const errors = (output.errors ?? []).filter((e) => e.severity === "error");
if (errors.length > 0) {
  for (const error of errors) console.error(error.formattedMessage);
  process.exit(1);
}
for (const [name, [file, contract]] of Object.entries(wanted)) {
  const { abi, evm } = output.contracts[file][contract];
  const code = evm.bytecode.object;
  if (!/^[0-9a-f]+$/.test(code)) throw new Error(`${contract} has no creation code, or an unlinked one`);
  fs.writeFileSync(path.join(out, `${name}.hex`), code);
  fs.writeFileSync(path.join(out, `${name}.abi.json`), JSON.stringify(abi));
  console.error(`${contract}: ${code.length / 2} bytes of creation code`);
}
