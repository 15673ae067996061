// A text that is copied, encoded and copied again outside the engine's heap.
// expect: error syntax error, RAM exceeded, or other error: memory
return Functions.encodeUint256(btoa("a".repeat(8e7)).length);
