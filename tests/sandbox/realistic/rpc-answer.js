// An ABI-encoded answer of eth_call taken apart: two numbers, a string and a signed price.
// expect: result 0x7b22646563696d616c73223a31382c227072696365223a222d33303030222c226e616d65223a224554485f50222c2276696577223a2d333030307d
const answer = "0x" + ["0000000000000000000000000000000000000000000000000000000000000012", "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff448",
  "0000000000000000000000000000000000000000000000000000000000000060", "0000000000000000000000000000000000000000000000000000000000000005", "4554485f5000000000000000000000000000000000000000000000000000000000"].join("");
const words = answer.slice(2).match(/.{64}/g);
const decimals = Number(BigInt(`0x${words[0]}`));
const price = BigInt.asIntN(256, BigInt(`0x${words[1]}`));
const offset = Number(`0x${words[2]}`) / 32;
const name = Buffer.from(words[offset + 1], "hex").subarray(0, Number(`0x${words[offset]}`)).toString();
return Functions.encodeString(JSON.stringify({ decimals, price: price.toString(), name, view: new DataView(Uint8Array.from(Buffer.from(words[1], "hex")).buffer).getInt16(30) }));
