const response = await Functions.makeHttpRequest({ url: args[0] });
return Functions.encodeUint256(response.data.price);
