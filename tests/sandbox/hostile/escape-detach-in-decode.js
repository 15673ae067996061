// A buffer taken away while the host decodes it.
// expect: text ok
const bytes = new Uint8Array(1 << 20).fill(97);
try { new TextDecoder().decode(bytes, { get stream() { bytes.buffer.transfer(); return false } }) } catch {}
return Functions.encodeString("ok");
