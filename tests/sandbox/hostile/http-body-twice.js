// A body read twice, and while it is being read.
// expect: text TypeError TypeError
const response = await fetch(args[0]);
const names = [];
await Promise.allSettled([response.text(), response.text()]).then((all) => all.forEach((one) => one.reason && names.push(one.reason.name)));
await response.json().catch((e) => names.push(e.name));
return Functions.encodeString(names.join(" "));
