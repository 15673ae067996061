// A list two hundred thousand deep that is dropped at the end of the run.
// expect: text ok
let head = null;
for (let i = 0; i < 2e5; i++) head = { head };
head = null;
return Functions.encodeString("ok");
