// Every body allowed, and a thousand copies of each.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (let i = 0; i < 5; i++) {
  const response = await fetch(`${args[0]}/two-mebibytes`);
  const body = await response.arrayBuffer();
  for (let n = 0; n < 1000; n++) kept.push(body.slice(0));
}
return new Uint8Array(1);
