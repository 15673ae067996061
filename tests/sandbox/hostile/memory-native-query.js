// Millions of query parameters, parsed outside the engine's heap.
// expect: error syntax error, RAM exceeded, or other error: memory
const query = new URLSearchParams("a=b&".repeat(4e6));
return Functions.encodeUint256(query.size);
