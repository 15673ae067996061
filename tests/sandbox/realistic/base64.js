// A token's parts, decoded, changed and encoded again.
// expect: result 0x7b22616c67223a224853323536227d7c65794a7a645749694f6949304d694973496e4e6a6233426c496a7062496e4a6c595751694c434c4476434973496e64796158526c496c31397c64584e6c636a707735484e7a643239795a413d3d7c3133
const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiIsInNjb3BlIjpbInJlYWQiLCLDvCJdfQ.c2lnbmF0dXJl";
const parts = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
const claims = JSON.parse(parts[1]);
claims.scope.push("write");
const basic = btoa("user:pässword".normalize("NFC"));
return Functions.encodeString([parts[0], Buffer.from(JSON.stringify(claims)).toString("base64"), basic, atob(basic).length].join("|"));
