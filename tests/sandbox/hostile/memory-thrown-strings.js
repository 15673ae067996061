// Strings and numbers thrown and caught leave nothing behind, and cost little.
// expect: text 1000000
let caught = 0;
for (let at = 0; at < 1000000; at++) { try { throw at % 2 ? "odd" : at } catch { caught++ } }
return Functions.encodeString(`${caught}`);
