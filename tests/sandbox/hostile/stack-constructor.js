// A constructor that constructs.
// expect: text RangeError
try {
  class A { constructor() { this.a = new A() } }
  new A();
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
