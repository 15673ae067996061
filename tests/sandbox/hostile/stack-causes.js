// A chain of causes, twenty thousand long, in everything that looks at causes.
// expect: text RangeError
let error = new Error("first");
for (let n = 0; n < 20000; n++) error = new Error("next", { cause: error });
let caught;
for (const look of [() => console.log(error), () => structuredClone(error), () => `${error.stack}`]) {
  try {
    look();
  } catch (thrown) {
    caught ??= thrown.name;
  }
}
return Functions.encodeString(`${caught}`);
