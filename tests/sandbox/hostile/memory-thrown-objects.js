// Objects thrown and caught leave nothing behind.
// expect: text 10000
let caught = 0;
for (let at = 0; at < 10000; at++) { try { throw { at } } catch { caught++ } }
return Functions.encodeString(`${caught}`);
