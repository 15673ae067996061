// Errors of many kinds, caught, chained and summed up.
// expect: result 0x547970654572726f727c52616e67654572726f722873656e736f72297c4167677265676174654572726f72284572726f722b547970654572726f72297c53796e7461784572726f727c547970654572726f727c7468726f776e20706c61696e20746578747c
const attempts = [
  () => JSON.parse('{"a":1}').a.b.c,
  () => { throw new RangeError("out of range", { cause: "sensor" }); },
  () => { throw new AggregateError([new Error("one"), new TypeError("two")], "both failed"); },
  () => BigInt("12x"),
  () => null.field,
  () => { throw "plain text"; },
];
const seen = [];
for (const attempt of attempts) {
  try {
    seen.push(`value ${attempt()}`);
  } catch (error) {
    const more = error.cause ?? error.errors?.map((each) => each.name).join("+") ?? "";
    seen.push(error instanceof Error ? `${error.name}${more && `(${more})`}` : `thrown ${error}`);
  } finally {
    seen.push("|");
  }
}
return Functions.encodeString(seen.join(""));
