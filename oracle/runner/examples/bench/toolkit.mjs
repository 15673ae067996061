// Answers each line "SCRIPT URL" with the milliseconds simulateScript took and the bytes it gave.
// Usage: node toolkit.mjs FOLDER, where FOLDER/node_modules holds @chainlink/functions-toolkit; deno must be in PATH.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// Libraries below greet on standard output, which is for answers.
console.log = console.info = console.error;
const require = createRequire(`${process.argv[2]}/`);
const { simulateScript } = require("@chainlink/functions-toolkit");
for await (const line of createInterface({ input: process.stdin })) {
  const [path, url] = line.split(" ");
  const source = readFileSync(path, "utf8");
  const began = performance.now();
  const { responseBytesHexstring, errorString } = await simulateScript({ source, args: [url] });
  const took = performance.now() - began;
  process.stdout.write(`${took} ${responseBytesHexstring ?? `error: ${errorString}`}\n`);
}
