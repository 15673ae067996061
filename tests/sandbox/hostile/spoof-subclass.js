// A subclass that lies about its length gives its true bytes.
// expect: result 0x0102
class Lie extends Uint8Array { get length() { return 999 } get byteLength() { return 999 } get buffer() { return new ArrayBuffer(999) } get byteOffset() { return 500 } }
return new Lie([1, 2]);
