// Group names that are names of the object prototype.
// expect: text a,b
const { groups } = /(?<__proto__>a)(?<constructor>b)/.exec("ab");
return Functions.encodeString(`${Object.values(groups)}`);
