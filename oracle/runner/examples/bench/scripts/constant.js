return Functions.encodeUint256(42);
