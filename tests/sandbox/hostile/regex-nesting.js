// An expression nested a hundred thousand deep.
// expect: text true
let caught;
try { new RegExp("(".repeat(1e5) + ")".repeat(1e5)) } catch (e) { caught = e }
return Functions.encodeString(`${caught instanceof Error}`);
