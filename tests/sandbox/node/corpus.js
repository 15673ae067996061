// The corpus of the differential test with Node: expressions, made from lists of interesting values.
//
// The same text runs in Node and in the sandbox. Each expression gives one line: how it evaluates, or
// the name, code and message of what it throws. `part` selects a share of the corpus.
function corpus(part, parts) {
  const all = [];
  const each = (lists, make) => {
    const go = (at, chosen) => {
      if (at === lists.length) all.push(make(...chosen));
      else for (const value of lists[at]) go(at + 1, [...chosen, value]);
    };
    go(0, []);
  };

  // Buffer
  const texts = [
    "''", "'a'", "'hello'", "'grüße €'", "'\\u{1f600}!'", "'\\ud800x'", "'x\\udc00'", "'\\ufeffbom'", "'deadBEEF'", "'abc'", "'zz'",
    "'12 34'", "'aGVsbG8='", "'aGVsbG8'", "'_-8'", "'a b\\nc=='", "'YQ==Yg=='", "'====='", "'a'.repeat(60)", "'\\0\\x80\\xff'",
  ];
  const encodings = ["'utf8'", "'UTF-8'", "'hex'", "'base64'", "'base64url'", "'latin1'", "'binary'", "'ascii'", "'utf16le'", "'ucs2'", "undefined", "''"];
  const buffers = [
    "Buffer.alloc(0)", "Buffer.from([1, 2, 3])", "Buffer.from('hello')", "Buffer.from([0, 127, 128, 255, 256, -1, 1.9])",
    "Buffer.from([0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0x41])", "Buffer.from([0xe2, 0x82, 0xff, 0xc3])",
    "Buffer.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 0xf7])",
  ];
  const small = ["0", "1", "2", "3", "-1", "-2", "100", "NaN", "undefined", "1.5", "'1'", "null"];
  each([texts, encodings], (t, e) => `Buffer.from(${t}, ${e}).toString('hex')`);
  each([texts, encodings], (t, e) => `Buffer.byteLength(${t}, ${e})`);
  each([buffers, encodings.slice(0, 11)], (b, e) => `${b}.toString(${e})`);
  each([buffers.slice(1, 5), small, small], (b, s, e) => `${b}.toString('hex', ${s}, ${e})`);
  each([buffers.slice(1, 3), small, small], (b, s, e) => `${b}.slice(${s}, ${e}).toString('hex')`);
  each([buffers.slice(1, 3), small, small], (b, s, e) => `${b}.subarray(${s}, ${e}).toString('latin1')`);
  for (const value of ["5", "null", "undefined", "true", "{}", "[]", "[1,'2',{}]", "Symbol.iterator", "10n", "() => 1", "new Date(0)",
    "{ length: 2, 0: 7, 1: 300 }", "{ type: 'Buffer', data: [1, 2] }", "{ type: 'Buffer', data: 5 }", "new String('boxed')",
    "new Uint16Array([1, 258, 65535])", "new Float32Array([1.5, -2])", "new ArrayBuffer(3)", "new DataView(new ArrayBuffer(2))", "new Map([[1, 2]])",
    "{ valueOf() { return 'via valueOf' } }", "{ [Symbol.toPrimitive]() { return 'via toPrimitive' } }", "Object.create(null)"]) {
    all.push(`Buffer.from(${value}).toString('latin1')`, `Buffer.isBuffer(${value})`, `Buffer.byteLength(${value})`, `new Buffer(${value}).toString('hex')`);
  }
  each([["0", "1", "3", "4", "-1", "NaN", "9", "'1'"], ["undefined", "0", "2", "-1", "9", "NaN"]],
    (o, l) => `Buffer.from(new Uint8Array([1, 2, 3]).buffer, ${o}, ${l}).toString('hex')`);
  each([["0", "3", "5"], ["undefined", "0", "1", "257", "'a'", "'ab'", "'é'", "''", "Buffer.from([1, 2])", "Buffer.alloc(0)", "true", "null", "'zz'"], ["undefined", "'hex'", "'base64'", "'nope'"]],
    (s, f, e) => `Buffer.alloc(${s}, ${f}, ${e}).toString('hex')`);
  all.push("Buffer.alloc(-1)", "Buffer.alloc('5')", "Buffer.alloc(NaN)", "Buffer.from('x', 'nope')", "Buffer.from('abc').toString('nope')",
    "Buffer(3).toString('hex')", "Buffer('68', 'hex').toString()", "new Buffer('aGk=', 'base64').toString()", "Buffer.of(1, 2, 257).toString('hex')",
    "Buffer.poolSize", "typeof Buffer.allocUnsafe(3)", "Buffer.allocUnsafe(3).length", "Buffer.from('abc') instanceof Uint8Array",
    "Buffer.name", "Buffer.from('a').constructor === Buffer", "Buffer.from('abc').map((x) => x + 1).toString()",
    "Buffer.isBuffer(Buffer.from('abc').map((x) => x))", "Buffer.isBuffer(Buffer.from('abc').filter(() => true))", "Buffer.isBuffer(new Uint8Array(1))",
    "JSON.stringify(Buffer.from('hi'))", "JSON.stringify({ b: Buffer.alloc(2) })", "`${Buffer.from('tpl')}`", "[...Buffer.from('it').entries()].join()",
    "Buffer.from('abc').reverse().toString()", "Object.prototype.toString.call(Buffer.alloc(1))", "Buffer.from('abc').toLocaleString()",
    "Buffer.from(Buffer.from('copy')).fill(0).toString('hex')", "Buffer.from('€').inspect()", "Buffer.alloc(60).inspect()");
  for (const e of ["'utf8'", "'UTF8'", "'hex'", "'nope'", "''", "5", "undefined", "null", "'utf-16le'", "'utf16-le'", "'latin-1'"]) all.push(`Buffer.isEncoding(${e})`);
  each([["[]", "[Buffer.from('a'), Buffer.from('bc')]", "[new Uint8Array([1]), Buffer.from([2])]", "['a']", "'abc'", "[Buffer.from('a'), 5]"], ["undefined", "0", "2", "5", "-1", "'1'"]],
    (l, n) => `Buffer.concat(${l}, ${n}).toString('hex')`);
  each([buffers.slice(0, 4), buffers.slice(0, 4)], (a, b) => `[${a}.equals(${b}), ${a}.compare(${b}), Buffer.compare(${a}, ${b})].join()`);
  all.push("Buffer.from('a').equals('a')", "Buffer.from('a').compare('a')", "Buffer.compare('a', Buffer.from('a'))",
    "Buffer.from('abcdef').compare(Buffer.from('xcd'), 1, 3, 2, 4)", "Buffer.from('abc').compare(Buffer.from('abc'), 5)", "Buffer.from('abc').compare(Buffer.from('abc'), 0, 9)");
  const needles = ["'l'", "'lo'", "'hello'", "''", "108", "364", "Buffer.from('ll')", "new Uint8Array([111])", "'x'", "null", "{}", "'6c'"];
  each([["indexOf", "lastIndexOf", "includes"], needles, ["undefined", "0", "3", "-2", "-9", "9", "NaN", "'hex'", "2.5"]],
    (m, n, o) => `Buffer.from('hello').${m}(${n}, ${o})`);
  each([["''", "'ab'", "'é€'", "'abcdefgh'"], ["undefined", "0", "2", "4", "5", "-1", "'hex'", "1.5"], ["undefined", "0", "1", "3", "9", "'latin1'", "'utf16le'"]],
    (t, o, l) => `(() => { const b = Buffer.alloc(4); const n = b.write(${t}, ${o}, ${l}); return n + ' ' + b.toString('hex') })()`);
  each([["0", "1", "3", "-1", "9"], ["0", "2", "9", "-1"], ["undefined", "0", "3", "9"]],
    (t, s, e) => `(() => { const b = Buffer.alloc(4); const n = Buffer.from('wxyz').copy(b, ${t}, ${s}, ${e}); return n + ' ' + b.toString('hex') })()`);
  each([["'a'", "'ab'", "0", "255", "300", "-1", "''", "'zz'", "Buffer.from('xy')", "new Uint8Array(0)", "'6162'"], ["undefined", "1", "4", "9", "-1", "'hex'"], ["undefined", "3", "9", "'hex'"]],
    (v, s, e) => `Buffer.alloc(4).fill(${v}, ${s}, ${e}).toString('hex')`);
  for (const n of [0, 2, 3, 4, 8, 12]) for (const m of [16, 32, 64]) all.push(`Buffer.from(Array.from({ length: ${n} }, (_, i) => i)).swap${m}().toString('hex')`);

  const eight = "Buffer.from([0x80, 0xff, 0x01, 0x7f, 0xc0, 0x48, 0xf5, 0xc3, 0x09])";
  const kinds = ["UInt8", "Int8", ...["UInt16", "Int16", "UInt32", "Int32", "Float", "Double", "BigUInt64", "BigInt64"].flatMap((k) => [`${k}LE`, `${k}BE`])];
  each([kinds, ["", "0", "1", "5", "8", "9", "-1", "1.5", "'1'", "null", "NaN", "undefined"]], (k, o) => `${eight}.read${k}(${o})`);
  const numbers = ["0", "1", "-1", "127", "128", "255", "256", "-128", "-129", "65535", "65536", "2147483648", "4294967295", "4294967296", "-2147483649", "1.9", "-1.9", "NaN", "Infinity", "'12'", "null", "1e300", "-0"];
  const bigs = ["0n", "1n", "-1n", "2n ** 63n - 1n", "2n ** 63n", "2n ** 64n - 1n", "2n ** 64n", "-(2n ** 63n)", "-(2n ** 63n) - 1n", "1"];
  each([kinds.slice(0, 14), numbers], (k, v) => `(() => { const b = Buffer.alloc(9); const n = b.write${k}(${v}, 0); return n + ' ' + b.toString('hex') })()`);
  each([kinds.slice(14), bigs], (k, v) => `(() => { const b = Buffer.alloc(9); const n = b.write${k}(${v}); return n + ' ' + b.toString('hex') })()`);
  each([["writeUInt8", "writeInt16LE", "writeUInt32BE", "writeDoubleLE"], ["0", "1", "8", "9", "-1", "1.5", "'0'"]], (m, o) => `Buffer.alloc(9).${m}(1, ${o})`);
  each([["readUIntLE", "readUIntBE", "readIntLE", "readIntBE"], ["0", "3", "5", "undefined", "-1"], ["1", "2", "3", "4", "5", "6", "7", "0", "undefined"]], (m, o, n) => `${eight}.${m}(${o}, ${n})`);
  each([["writeUIntLE", "writeUIntBE", "writeIntLE", "writeIntBE"], ["0", "1", "-1", "255", "-129", "0xffffff", "2 ** 47", "2 ** 48", "1.5"], ["1", "3", "5", "6"]],
    (m, v, n) => `(() => { const b = Buffer.alloc(8); const end = b.${m}(${v}, 1, ${n}); return end + ' ' + b.toString('hex') })()`);
  all.push(`${eight}.readUint8(1)`, `${eight}.readBigUint64LE(0)`, "Buffer.alloc(2).writeUint16BE(258)", `${eight}.readUintBE(0, 3)`);

  // URL
  const urls = [
    "'https://u:p@EXAMPLE.com:8443/a/../b/./c?x=1&y=2#h'", "'http://example.com'", "'HTTP://Example.COM:80/%7Efoo/%zz?q=%20 #f'", "'nope'", "''", "'https://'",
    "'https://[::1]:3000/x'", "'http://127.1/'", "'http://0x7f.0.0.1/'", "'http://2130706433'", "'https://bücher.example/ü?ü#ü'", "'file:///etc/passwd'",
    "'data:text/plain,hi'", "'mailto:a@b.c'", "'https://a b/'", "'https://e.com:99999/'", "'https://e.com/a\\\\b'", "'https://e.com?a=b?c'", "'//x/y'", "'../up'", "'?q'", "'#f'", "'/abs'", "'  https://trim.me/  '", "'https://e.com/\\ttab'", "'ws://e.com:80/'", "'https://xn--bcher-kva.example/'", "'https://e.com./'", "5", "null", "'https://user@/x'", "'javascript:alert(1)'",
  ];
  const fields = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];
  const show = fields.map((f) => `u.${f}`).join(", ");
  each([urls, ["undefined", "'https://base.example/dir/file?q#h'", "'nope'"]], (u, b) => `(() => { const u = new URL(${u}, ${b}); return JSON.stringify([${show}]) })()`);
  each([urls], (u) => `URL.canParse(${u})`);
  const values = ["''", "'x'", "'a b'", "'ü/?#&'", "'99999'", "'81'", "'8080abc'", "'http'", "'https:'", "'?q=1'", "'#f'", "'new.example:99'", "'..'", "5"];
  each([["https://u:p@e.com:8443/p?q#f", "mailto:x@y.z"], fields.filter((f) => f !== "origin"), values], (u, f, v) => `(() => { const u = new URL('${u}'); u.${f} = ${v}; return u.href })()`);
  all.push("String(new URL('https://e.com/x'))", "JSON.stringify(new URL('https://e.com/x'))", "Object.prototype.toString.call(new URL('https://e.com'))", "new URL('https://e.com').searchParams === new URL('https://e.com').searchParams",
    "(() => { const u = new URL('https://e.com/?a=1'); const p = u.searchParams; p.append('b', 'ü +'); u.search = '?z=9'; return u.href + ' ' + p.get('z') })()",
    "(() => { const u = new URL('https://e.com/?a=1#f'); u.searchParams.delete('a'); return u.href })()", "new URL()", "URL('https://e.com')");

  // URLSearchParams
  const queries = ["''", "'?a=1&b=2&a=3'", "'a=b=c&=d&e&&f='", "'a+b=c%20d%2B'", "'%zz=%e2%82%ac&%ff=1'", "{ a: 1, b: 'ü +', c: null, d: undefined }", "[['a', '1'], ['b', 2]]", "new Map([['k', 'v']])", "new URLSearchParams('x=1')", "undefined", "null", "5", "[['a']]", "[['a', 'b', 'c']]", "'ключ=значение'", "'a=\\ud800'", "{}"];
  each([queries], (q) => `new URLSearchParams(${q}).toString()`);
  each([queries.slice(1, 8)], (q) => `JSON.stringify([...new URLSearchParams(${q})])`);
  each([queries.slice(1, 4), ["get('a')", "getAll('a').join()", "has('a')", "has('a', '3')", "get('nope')", "size", "toString()"]], (q, m) => `new URLSearchParams(${q}).${m}`);
  each([queries.slice(1, 4), ["append('a', 'x y')", "set('a', 'é')", "set('new', 1)", "delete('a')", "delete('a', '3')", "sort()"]], (q, m) => `(() => { const p = new URLSearchParams(${q}); p.${m}; return p.toString() })()`);
  all.push("[...new URLSearchParams('b=1&a=2').keys()].join()", "[...new URLSearchParams('b=1&a=2').values()].join()", "new URLSearchParams('a=1').get()", "new URLSearchParams('a=1').append('x')",
    "(() => { let s = ''; new URLSearchParams('a=1&b=2').forEach((v, k) => { s += k + v }); return s })()", "new URLSearchParams(\"~!*()'-._ &\").toString()", "URLSearchParams('a')");

  // Text
  const labels = ["'utf-8'", "'UTF8'", "' utf-8 '", "'utf-16le'", "'utf-16be'", "'latin1'", "'windows-1252'", "'nope'", "undefined", "'ascii'", "''"];
  const inputs = ["[]", "[65, 66]", "[0xe2, 0x82, 0xac]", "[0xe2, 0x82]", "[0xff, 0xfe, 65, 0]", "[0xef, 0xbb, 0xbf, 65]", "[0xf0, 0x9f, 0x98, 0x80]", "[0xed, 0xa0, 0x80]", "[0xc0, 0x80]", "[0x80, 0x9f, 0xe9]", "[0, 216, 65, 0]", "[65, 0, 66]"];
  each([labels, inputs, ["{}", "{ fatal: true }", "{ ignoreBOM: true }"]], (l, i, o) => `JSON.stringify(new TextDecoder(${l}, ${o}).decode(new Uint8Array(${i})))`);
  each([labels], (l) => `new TextDecoder(${l}).encoding`);
  each([texts], (t) => `Buffer.from(new TextEncoder().encode(${t})).toString('hex')`);
  each([texts, ["0", "1", "3", "10"]], (t, n) => `JSON.stringify(new TextEncoder().encodeInto(${t}, new Uint8Array(${n})))`);
  all.push("(() => { const d = new TextDecoder(); return d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) + d.decode(new Uint8Array([0xac])) })()",
    "(() => { const d = new TextDecoder('utf-16le'); return d.decode(new Uint8Array([65]), { stream: true }) + d.decode(new Uint8Array([0])) })()", "new TextDecoder().decode()", "new TextDecoder().decode(new ArrayBuffer(2))", "new TextDecoder().decode('x')",
    "new TextEncoder().encode().length", "new TextEncoder().encode(undefined).length", "new TextEncoder().encode(null).length", "new TextEncoder().encoding");

  // base64
  const base = ["''", "'a'", "'aGk'", "'aGk='", "' aG k= '", "'aGk=='", "'a==='", "'ab=c'", "'aGk_'", "'aGk\\n'", "'€'", "'\\xff'", "undefined", "null", "5", "'====', 1"];
  each([["atob", "btoa"], base], (f, v) => `${f}(${v})`);
  all.push("btoa(atob('AP+A'))", "atob()", "btoa()");

  // crypto.subtle. Keys are made for this test alone.
  const hashes = ["'SHA-1'", "'SHA-256'", "'sha-384'", "{ name: 'SHA-512' }", "'MD5'", "undefined", "5"];
  const data = ["new Uint8Array(0)", "Buffer.from('abc')", "new Uint8Array([1, 2, 3, 4]).subarray(1, 3)", "new Uint16Array([258]).buffer", "new DataView(new ArrayBuffer(9), 2, 3)", "'text'", "null"];
  const hex = (value) => `Buffer.from(await ${value}).toString('hex')`;
  const run = (...statements) => `(async () => { const subtle = crypto.subtle; ${statements.slice(0, -1).join("; ")}; return ${statements.at(-1)} })()`;
  each([hashes, data], (h, d) => run(hex(`subtle.digest(${h}, ${d})`)));
  const hmacKeys = ["Buffer.from('key')", "Buffer.alloc(200, 1)", "Buffer.alloc(0)"];
  each([hmacKeys, hashes.slice(0, 4), data.slice(0, 3)], (k, h, d) =>
    run(`const key = await subtle.importKey('raw', ${k}, { name: 'HMAC', hash: ${h} }, true, ['sign', 'verify'])`, `const mark = await subtle.sign('HMAC', key, ${d})`,
      `[${hex("mark")}, await subtle.verify('HMAC', key, mark, ${d}), await subtle.verify('hmac', key, Buffer.alloc(20), ${d}), JSON.stringify(await subtle.exportKey('jwk', key)), key.algorithm.length, key.type, key.usages].join()`));
  for (const [name, iv] of [["AES-GCM", "iv: Buffer.alloc(12, 7), additionalData: Buffer.from('more')"], ["AES-GCM", "iv: Buffer.alloc(16, 7)"], ["AES-CBC", "iv: Buffer.alloc(16, 7)"], ["AES-CTR", "counter: Buffer.alloc(16, 255), length: 64"], ["AES-CTR", "counter: Buffer.alloc(16, 255), length: 128"]]) {
    for (const size of [16, 24, 32, 20]) {
      for (const text of ["''", "'sixteen bytes ok'", "'grüße an alle, die das hier lesen'"]) {
        all.push(run(`const key = await subtle.importKey('raw', Buffer.alloc(${size}, 3), '${name}', false, ['encrypt', 'decrypt'])`, `const a = { name: '${name}', ${iv} }`, `const secret = await subtle.encrypt(a, key, Buffer.from(${text}))`,
          `[${hex("secret")}, Buffer.from(await subtle.decrypt(a, key, secret)).toString()].join()`));
      }
      all.push(run(`const key = await subtle.importKey('raw', Buffer.alloc(${size}, 3), '${name}', false, ['decrypt'])`, hex(`subtle.decrypt({ name: '${name}', ${iv} }, key, Buffer.alloc(31))`)));
    }
  }
  each([["PBKDF2", "HKDF"], hashes.slice(0, 4), ["128", "256", "1000", "7"]], (n, h, bits) =>
    run(`const key = await subtle.importKey('raw', Buffer.from('password'), '${n}', false, ['deriveBits', 'deriveKey'])`, `const a = { name: '${n}', hash: ${h}, salt: Buffer.from('salt'), info: Buffer.from('info'), iterations: 25 }`,
      hex(`subtle.deriveBits(a, key, ${bits})`)));
  all.push(run("const key = await subtle.importKey('raw', Buffer.from('password'), 'PBKDF2', false, ['deriveKey'])",
    "const derived = await subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt: Buffer.from('salt'), iterations: 3 }, key, { name: 'AES-GCM', length: 256 }, true, ['encrypt'])", hex("subtle.exportKey('raw', derived)")));
  const pem = {
    rsa: "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDpuWLgjX2VMUvtn5fcMoSBWPSn2NA65wjaUCjwZJNnWSElLcCwIypqv5J7JRlGKfXvYZnvL+ksPso6+6Qq5AjZDRuGVAye81yTwsZQSuTo4Rc5/cMXDRH4p8TEwLGey3C+/N7U1/c1ns+pjWQzpSvGQMf7XQAx261SKsJXp983OI3on4YTdG3I3mcvguGjEcwtYB2AXtxVJ8OSHEC9Qd8h5H3pmRYpVEws1twLa0WMa2vBGabXa4shDpxh93OyoHTDqNUpzcfYkFYKuRirFd+wYjKAgkYjdEDvejwYnJDr+KqOFjbJWdxYHIVqvIgFn+XCioR9hdQGXqcSwvLpHfN5AgMBAAECggEAGt/sAG2Mj+vl8uobtGBjr5rasPUjhm5b7Hx0pKWv9F2Bi+ydoDM+9JzYG0xaAmEfTBoBMQlliqaiqtMWHq9vXAPfkxvVgq5xifUGyCNAfI2rVcn51Yv1cc3auJP+qId0jKV3euplXNdIwhKFv9GBfc+jnyHjvJfpr03G4HznVAo2tM0Ybx+ethtejImTPBqs/p5HwGOnHAziLSZJxdYslcxfJxeV7vxbXmPmQFK4JRmP7wKywDqXAZiy0RlEm2QWRd+ME3BFIYsLH7NTRlDGCYPoYyUGPFUym3DKbPZxKZrhKOHHhaFVSw0/irCwRyRmRy8zRlHHyIxBcF+AhY0vQQKBgQD6AQmUMekz56j9Gv9BEAGgMLXShrZ03B+gH0aTiwcbBfXevq2G+EI+pbpE2NZK9SmZs0KFfs8jTmUWJMV28sf5BZdUy2R5HBr3wy487pfpXGfhfZ0qOZMQ96bvUtyqrlqKrhInhWA5ZfcYmskYMC0PPv9UVBYqa3C+4erU8s9ZIQKBgQDvVGT1ZeuKZrapahwBVf5+rixmNuuF8lxjamTcMyyPZ0YOq+jzf5GNbiIzF+GlGXZj37PkncG05/sVi7nMSKZ/U+nxhyx85rIr4hJR9eKU/6d2qIi1/LxsgkeA7Uv8FSxcvjDfBU2F4yNOoXy5kONlesnOq/gsUOVUZNKMn0YXWQKBgCd9YnX2LE/2l8rjKM6uKJOVHiNTBB8RZi10w0ErBMRP/LZiiCZ5sH0U0IdveOn+L8QHfMp5bV62U2FcDZTsZIoBSBYsyoIW3mukePlG9tf1sLL9lIXG8mQLumKzRAfx4ntlY5i6iKiIYq+QQ5N+iJ+P4+T+I0IwFm8QYHeiov4BAoGAImSUZZeR87+y/EGdaKu8+ON6ye2Whxc/I6JEgEhyXOFQdgdKYMOyXQq4q3MBIEK6ervJFE9/aMn1kTEVMEA4fQ/IDMeKIyDb9eZ1D4YwW40puamai9yYD1fhgquXQdChIWrLhyEx9M2hY0ldrSUfKJQusB6SeXvemPQsNb0ly3ECgYB8ot+ZsLa78shFhm9mfPlBPC28iXKKqKijNyidLReeuMT1MdJ2Xmk3Y3Z4i43NynPysdKChI34w3yoSsXTfQsqltWUMBqpHStHHOAhd9FRwiyzwE2zxxSdrpS9+zDS0jZS9Wk9Q2wztAjgfi/8RzG0Ww2LZ7JVpEA7BAj8alU9Yg==", rsaPublic: "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6bli4I19lTFL7Z+X3DKEgVj0p9jQOucI2lAo8GSTZ1khJS3AsCMqar+SeyUZRin172GZ7y/pLD7KOvukKuQI2Q0bhlQMnvNck8LGUErk6OEXOf3DFw0R+KfExMCxnstwvvze1Nf3NZ7PqY1kM6UrxkDH+10AMdutUirCV6ffNziN6J+GE3RtyN5nL4LhoxHMLWAdgF7cVSfDkhxAvUHfIeR96ZkWKVRMLNbcC2tFjGtrwRmm12uLIQ6cYfdzsqB0w6jVKc3H2JBWCrkYqxXfsGIygIJGI3RA73o8GJyQ6/iqjhY2yVncWByFaryIBZ/lwoqEfYXUBl6nEsLy6R3zeQIDAQAB", "P-256": "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9ZtofhjjJgFJYMFSI+tmYHnlYLVuanxCR5vpR/3dpEyhRANCAAQumDBMmCzLk5Z9WLsvOW88zQFnOsfwaMN6cAba96nBZ0Z3X4ZzAVzsWks+abd+8jsmeWj/M9sy+wr+w7C+qG2N", "P-256Public": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELpgwTJgsy5OWfVi7LzlvPM0BZzrH8GjDenAG2vepwWdGd1+GcwFc7FpLPmm3fvI7Jnlo/zPbMvsK/sOwvqhtjQ==", "P-384": "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBNH2wgm9eT/V4eUJgqCZLlinM/U2WuDv791Yzop3vOeYazVnIBKhepQTNQetl+Fo6hZANiAATgamihrw5zpUnbb2wxDQ8wfxRV/kskPn0BLTlM9A8cXNEDhjteXPf7XCV5B332Y4nLuYjsVl6QSOb9BKysobfEfoarLLnAIkOIx3oqqFvdvgahsqoFbKY60h9mdCVKxMo=", "P-384Public": "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE4Gpooa8Oc6VJ229sMQ0PMH8UVf5LJD59AS05TPQPHFzRA4Y7Xlz3+1wleQd99mOJy7mI7FZekEjm/QSsrKG3xH6Gqyy5wCJDiMd6Kqhb3b4GobKqBWymOtIfZnQlSsTK", Ed25519: "MC4CAQAwBQYDK2VwBCIEILnn+c2pq+xvPIkHz0MWOF/E8GXLAj2/txJeG+vZ/BJT", Ed25519Public: "MCowBQYDK2VwAyEAq6+xRNd4TN0tFBRhYhdyWKXLyCMzTZuQaPT8JB/oHXk=",
  };
  const key = (name) => `Buffer.from('${pem[name]}', 'base64')`;
  const pair = (kind, algorithm) => [
    `const secret = await subtle.importKey('pkcs8', ${key(kind)}, ${algorithm}, true, ['sign'])`, `const open = await subtle.importKey('spki', ${key(`${kind}Public`)}, ${algorithm}, true, ['verify'])`,
  ];
  for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
    all.push(run(...pair("rsa", `{ name: 'RSASSA-PKCS1-v1_5', hash: '${hash}' }`), "const mark = await subtle.sign('RSASSA-PKCS1-v1_5', secret, Buffer.from('data'))",
      `[${hex("mark")}, await subtle.verify('RSASSA-PKCS1-v1_5', open, mark, Buffer.from('data')), await subtle.verify('RSASSA-PKCS1-v1_5', open, mark, Buffer.from('date')), secret.algorithm.modulusLength, secret.algorithm.publicExponent, secret.algorithm.hash.name].join()`));
    if (hash !== "SHA-1") {
      all.push(run(...pair("rsa", `{ name: 'RSA-PSS', hash: '${hash}' }`), "const a = { name: 'RSA-PSS', saltLength: 20 }", "const mark = await subtle.sign(a, secret, Buffer.from('data'))",
        "[mark.byteLength, await subtle.verify(a, open, mark, Buffer.from('data')), await subtle.verify(a, open, mark, Buffer.from('date'))].join()"));
    }
    for (const curve of ["P-256", "P-384"]) {
      if (hash === "SHA-1" && curve === "P-384") continue;
      all.push(run(...pair(curve, `{ name: 'ECDSA', namedCurve: '${curve}' }`), `const a = { name: 'ECDSA', hash: '${hash}' }`, "const mark = await subtle.sign(a, secret, Buffer.from('data'))",
        "[mark.byteLength, await subtle.verify(a, open, mark, Buffer.from('data')), await subtle.verify(a, open, mark, Buffer.from('date')), await subtle.verify(a, open, Buffer.alloc(5), Buffer.from('data'))].join()"));
    }
  }
  all.push(run(...pair("Ed25519", "'Ed25519'"), "const mark = await subtle.sign('Ed25519', secret, Buffer.from('data'))",
    `[${hex("mark")}, await subtle.verify('Ed25519', open, mark, Buffer.from('data')), await subtle.verify('Ed25519', open, mark, Buffer.from('date'))].join()`));
  for (const [kind, algorithm] of [["rsa", "{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }"], ["P-256", "{ name: 'ECDSA', namedCurve: 'P-256' }"], ["P-384", "{ name: 'ECDSA', namedCurve: 'P-384' }"], ["Ed25519", "'Ed25519'"]]) {
    const sorted = (jwk) => `JSON.stringify(Object.entries(${jwk}).filter(([k]) => k !== 'alg').sort(([a], [b]) => (a < b ? -1 : 1)))`;
    all.push(run(...pair(kind, algorithm), `const [a, b] = [await subtle.exportKey('jwk', secret), await subtle.exportKey('jwk', open)]`,
      `const again = await subtle.importKey('jwk', a, ${algorithm}, true, ['sign'])`, `const openAgain = await subtle.importKey('jwk', b, ${algorithm}, true, ['verify'])`,
      `[${sorted("a")}, ${sorted("b")}, ${hex("subtle.exportKey('spki', openAgain)")}, ${sorted("await subtle.exportKey('jwk', again)")}].join()`));
    all.push(run(`await subtle.importKey('pkcs8', Buffer.from('nonsense'), ${algorithm}, false, ['sign'])`, "1"), run(`await subtle.importKey('pkcs8', ${key(kind)}, ${algorithm}, false, ['encrypt'])`, "1"),
      run(`await subtle.importKey('pkcs8', ${key(kind)}, ${algorithm}, false, [])`, "1"), run(...pair(kind, algorithm), "await subtle.sign('HMAC', secret, Buffer.from('x'))", "1"),
      run(...pair(kind, algorithm), "await subtle.exportKey('raw', secret)", "1"));
  }
  all.push(run("const key = await subtle.importKey('raw', Buffer.from('k'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])", "await subtle.exportKey('raw', key)", "1"),
    run("const key = await subtle.importKey('raw', Buffer.from('k'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])", "await subtle.verify('HMAC', key, Buffer.alloc(1), Buffer.alloc(1))", "1"),
    "crypto.getRandomValues(new Float32Array(1))", "crypto.getRandomValues(new Uint8Array(65537))", "crypto.getRandomValues(new Uint8Array(5)).length", "crypto.getRandomValues('x')",
    "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())", "new CryptoKey()", "Object.prototype.toString.call(crypto.subtle)");

  return all.filter((_, at) => at % parts === part);
}
// Engines and platforms word their errors as they like; names are the interface, and Buffer's codes and texts.
async function line(expression) {
  let outcome;
  try {
    const value = await (0, eval)(expression);
    const text = typeof value === "bigint" ? `${value}n` : typeof value === "number" && Object.is(value, -0) ? "-0" : String(value);
    outcome = `${typeof value} ${text}`;
  } catch (error) {
    const coded = /Buffer/.test(expression) && !/subtle/.test(expression) && String(error.code).startsWith("ERR_");
    outcome = `throws ${error.name}${coded ? ` ${error.code}: ${error.message}` : ""}`;
  }
  return `${expression} -> ${JSON.stringify(outcome)}`;
}
async function lines(part, parts) {
  const all = [];
  for (const expression of corpus(part, parts)) all.push(await line(expression));
  return all.join("\n");
}
