//! From a number to a script.
//!
//! A text of the tables below is copied letter by letter; `$` and a letter stand for something made anew:
//!
//! | sign | is |
//! | --- | --- |
//! | `$v` | any value |
//! | `$n` `$s` `$k` | a number, a text, a property's key |
//! | `$f` | a function that does something (`$x`) when it is called |
//! | `$x` | a statement that changes one of the script's objects |
//! | `$p` | one of the script's objects |
//! | `$a` `$b` `$t` `$m` `$e` `$r` `$o` | its array, buffer, view, map, set, regular expression, object |

/// Numbers that look random: splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or(0)
    }

    fn one_of<'t>(&mut self, table: &[&'t str]) -> &'t str {
        table.get(self.below(table.len())).copied().unwrap_or("")
    }
}

const NUMBERS: &[&str] = &[
    "0", "1", "2", "3", "7", "-1", "0.5", "-0", "NaN", "Infinity", "-Infinity", "16", "64", "255", "1000", "65536",
    "2**31", "2**32", "2**53", "-(2**31)", "1n", "2n**64n", "-3n", "a.length", "b.byteLength", "ta.length",
];
const TEXTS: &[&str] = &[
    "''", "'a'", "'abc'", "'0'", "'length'", "'\\ud800'", "'\\u{1f600}'", "'x'.repeat(300)", "'a,b,c'", "'constructor'",
    "'aaaaaaaaaaab'", "'%41+b&c=d'", "'http://u:p@h:1/p?q#f'", "'YWJj'", "'{\"a\":[1,{\"b\":2}]}'", "'[1,2'", "'é☃'",
];
const KEYS: &[&str] = &[
    "0", "1", "5", "length", "x", "y", "constructor", "then", "size", "toJSON", "lastIndex", "flags", "exec", "raw",
    "next", "return", "buffer", "message", "stack", "cause", "name", "index",
];
const SYMBOLS: &[&str] = &[
    "iterator", "asyncIterator", "species", "toPrimitive", "toStringTag", "hasInstance", "isConcatSpreadable", "match",
    "matchAll", "replace", "search", "split", "unscopables",
];
const POOL: &[&str] = &["a", "b", "ta", "m", "e", "r", "o", "p", "fr", "sub", "dv", "big", "it", "er", "px"];

/// Statements that change what something else may be working on.
const CHANGES: &[&str] = &[
    "$a.length = 0", "$a.length = $n", "$a.push($v)", "$a.pop()", "$a.shift()", "$a.unshift($v, $v)", "$a.splice($n, $n, $v)",
    "$a.fill($v)", "$a.reverse()", "$a[$n] = $v", "delete $a[1]", "$a.sort()", "a = []", "a = [$v, $v, $v]", "sub = Sub.from($a)",
    "Object.defineProperty($a, 1, { get() { tick(); $x; return $v } , configurable: true })", "Object.freeze($a)",
    "rb.resize($n % 128)", "rb.resize(0)", "rb.resize(128)", "rb = new ArrayBuffer(32, { maxByteLength: 128 })", "b.transfer()", "rb.transfer(8)",
    "structuredClone(0, { transfer: [$b] })", "b = new ArrayBuffer(64)", "ta = new Uint8Array(rb)", "ta = new Float64Array(b)", "ta = new Uint16Array(rb, 2)",
    "ta = new BigInt64Array(rb, 8)", "ta.fill($n)", "ta.set([$n, $n])", "dv = new DataView(rb, 1)", "big = new Uint32Array($n % 5000)",
    "m.clear()", "m.delete($k)", "m.set($v, $v)", "m = new Map([[$v, $v], [$v, $v]])", "m.set(NaN, $v)", "for (const k of m.keys()) { tick(); m.delete(k) }",
    "e.clear()", "e.add($v)", "e.delete($v)", "e = new Set([$v, $v, $v])", "wm.set($o, $v)", "wm.delete($o)", "ws.add($o)",
    "r.lastIndex = $n", "r.compile($s)", "r = new RegExp($s, 'g')", "r = new SubRegExp('(a)|(b)?', 'gd')",
    "delete o[$s]", "o[$k] = $v", "o = { x: $v, y: $v }", "o = { get x() { tick(); $x; return $v }, set x(z) { tick(); $x } }", "o.__proto__ = $o",
    "Object.setPrototypeOf($o, $o)", "Object.setPrototypeOf($a, null)", "Object.defineProperty($o, $k, { value: $v, writable: false, configurable: true })",
    "Object.defineProperty($o, $k, { get: $f, set: $f, configurable: true, enumerable: true })", "Object.preventExtensions($o)",
    "er.message = $v", "er.stack", "er = new RangeError($s, { cause: $v })", "litter()", "fr = $f", "globalThis.species = $f", "globalThis.species = SubBuffer", "globalThis.species = undefined",
    "it.next()", "it.return?.($v)", "it = $a[Symbol.iterator]()", "it = m.entries()", "it = e.values()", "it = ge($v)", "it = r[Symbol.matchAll]($s)", "it = Iterator.from($p)", "it = it.map($f)", "it = it.flatMap(() => [$v])",
    "px = new Proxy($p, traps)", "px = Proxy.revocable($p, traps).proxy", "re.revoke()", "traps[$k] = $f", "Array.prototype[Symbol.iterator]", "controller?.enqueue($v)", "controller?.close()", "target.dispatchEvent(new Event('x'))", "abort.abort($v)", "clearTimeout($n)",
    "Array.prototype[0] = $v", "Object.prototype.get = $v; delete Object.prototype.get", "delete Array.prototype[0]",
];

/// Expressions that have the engine work while the script's own code runs.
const WORK: &[&str] = &[
    // arrays
    "$a.map($f)", "$a.filter($f)", "$a.forEach($f)", "$a.reduce($f)", "$a.reduceRight($f, $v)", "$a.find($f)", "$a.findLast($f)", "$a.some($f)", "$a.every($f)",
    "$a.sort($f)", "$a.toSorted($f)", "$a.toSpliced($n, $n, $v)", "$a.with($n, $v)", "$a.flat($n)", "$a.flatMap($f)", "$a.concat($v, $a, $p)", "$a.slice($n, $n)", "$a.splice($n, $n, $v)",
    "$a.copyWithin($n, $n, $n)", "$a.indexOf($v, $n)", "$a.lastIndexOf($v, $n)", "$a.includes($v, $n)", "$a.join($s)", "$a.toString()", "$a.toLocaleString()", "$a.fill($v, $n, $n)", "$a.reverse()",
    "$a.unshift($v)", "$a.at($n)", "[...$a]", "[...$p]", "Array.from($p, $f)", "Array.from({ length: $n % 100, get 0() { tick(); $x; return $v } })", "Array.of($v, $v)", "Array.fromAsync($p)",
    "sub.map($f)", "sub.filter($f)", "sub.concat($p)", "sub.splice($n, $n)", "sub.slice($n)", "Object.groupBy($p, $f)", "Map.groupBy($p, $f)", "$f(...$a)", "Math.max(...$a)", "[$v, , $v].sort($f)",
    "Array.prototype.push.call($p, $v)", "Array.prototype.splice.call($p, $n, $n, $v)", "Array.prototype.sort.call($p, $f)", "Array.prototype.copyWithin.call($p, 0, $n)", "Array.prototype.slice.call($p, $n)", "Array.prototype.concat.call($p, $p)",
    // buffers and views
    "$t.map($f)", "$t.filter($f)", "$t.sort($f)", "$t.toSorted($f)", "$t.set($p, $n)", "$t.set({ length: 5, get 0() { tick(); $x; return 1 } })", "$t.subarray($n, $n)", "$t.slice($n, $n)", "$t.fill($v, $v, $v)", "$t.copyWithin($v, $v, $v)",
    "$t.indexOf($v, $v)", "$t.includes($v, $v)", "$t.lastIndexOf($v, $v)", "$t.join($v)", "$t.with($v, $v)", "$t.at($v)", "$t.reduce($f)", "$t.find($f)", "$t.reverse()", "$t.toReversed()", "$t.toLocaleString()", "$t[$n] = $v",
    "new Uint8Array($p)", "new Uint8Array($b, $v, $v)", "new Float32Array($t)", "Uint8Array.from($p, $f)", "Int16Array.of($v, $v)", "new BigUint64Array($a)", "$b.slice($v, $v)", "$b.resize($v)", "$b.transfer($v)", "new SubBuffer($n % 99).slice($v)", "new ArrayBuffer($v, { maxByteLength: $v })",
    "dv.getUint32($v, $v)", "dv.setFloat64($v, $v, $v)", "dv.setBigInt64($v, 1n)", "dv.getFloat16?.($v)", "new DataView($b, $v, $v)", "$t.toString()", "t8.toBase64?.()", "t8.setFromHex?.($s)", "Uint8Array.fromBase64?.($s)", "t8.setFromBase64?.($s)",
    // maps, sets, weak things
    "m.forEach($f)", "e.forEach($f)", "[...m]", "[...e.entries()]", "new Map($p)", "new SubMap($p)", "new Set($p)", "new WeakMap($p)", "e.union($p)", "e.intersection($p)", "e.difference($p)", "e.symmetricDifference($p)", "e.isSubsetOf($p)", "e.isSupersetOf($p)", "e.isDisjointFrom($p)",
    "e.union({ size: $n, has: $f, keys: () => ({ next: $f }) })", "e.difference({ size: $n, has: $f, keys: $f })", "e.intersection({ get size() { tick(); $x; return 1 }, has: $f, keys: () => e.keys() })", "m.getOrInsertComputed?.($v, $f)", "m.getOrInsert?.($v, $v)", "for (const z of m) { tick(); $x }", "for (const z of e) { tick(); $x; $x }", "for (const z of $p) { tick(); $x }", "for (const z in $p) { tick(); $x }",
    // clones and texts
    "structuredClone($p)", "structuredClone([$p, $v, $p])", "structuredClone({ get a() { tick(); $x; return $v }, b: $p, c: $v })", "structuredClone(new Map([[$v, $p], [{ get z() { tick(); $x; return 1 } }, $v]]))", "structuredClone(new Set([$v, $p]))", "structuredClone($p, { transfer: [$b] })", "structuredClone($p, { get transfer() { tick(); $x; return [$p] } })",
    "JSON.stringify($p)", "JSON.stringify($p, $f)", "JSON.stringify($p, $a)", "JSON.stringify({ x: $p, toJSON: $f })", "JSON.parse($s, $f)", "JSON.parse('[1,[2,{\"a\":3}],{\"b\":[4]}]', function (k, v) { tick(); $x; if (k === '0') this[1] = $v; return v })", "JSON.rawJSON?.($s)", "String($p)", "`${$p}`", "$p + $p", "$p == $v", "$p < $p", "-$p", "$p ** 2", "BigInt($v)", "BigInt.asIntN($v, 5n)", "Symbol($v)", "Number($p)", "parseInt($p, $v)", "(123.456).toFixed($v)", "(255).toString($v)",
    "$s.replace($r, $f)", "$s.replaceAll($r, $s)", "$s.replace($p, '$1$&$`')", "$s.split($r, $v)", "$s.match($r)", "[...$s.matchAll($r)]", "$s.search($p)", "$s.at($v)", "$s.slice($v, $v)", "$s.padEnd($n % 500, $p)", "$s.repeat($n % 100)", "$s.localeCompare($p)", "$s.normalize($s)", "String.raw($p, $v)", "String.raw({ raw: $a }, $v)", "String.fromCodePoint($v)", "$s.concat($p, $p)", "$s.isWellFormed()", "$s.codePointAt($v)",
    "r.exec($s)", "r.test($p)", "RegExp.prototype[Symbol.replace].call($p, $s, $f)", "RegExp.prototype[Symbol.split].call($r, $s, $v)", "RegExp.prototype[Symbol.match].call($p, $s)", "RegExp.prototype.toString.call($p)", "new RegExp($p, $s)", "new SubRegExp($s)", "RegExp.escape?.($s)", "/(?<y>a)(?<x>b)?|(?<=c)d/dgu.exec($s)", "/[\\p{L}--[a-z]]+/v.exec($s)", "'abab'.replace(/(a)(?=b)/y, $f)", "$s.replace(/(?<n>a)/g, '$<n>')", "/(a*)*b/.exec('aaaaaaaaaaaa')",
    // objects, proxies, functions
    "Object.assign($p, $p, $p)", "Object.entries($p)", "Object.fromEntries($p)", "Object.keys($p)", "Object.getOwnPropertyDescriptors($p)", "Object.defineProperties({}, $p)", "({ ...$p })", "(({ x, ...rest }) => rest)($p)", "(([x, ...y]) => y)($p)", "Reflect.ownKeys($p)", "Reflect.apply($f, $v, $p)", "Reflect.construct(function () { tick(); $x }, $a, $f)", "Reflect.set($p, $k, $v, $p)", "Reflect.get($p, $k, $p)", "Reflect.defineProperty($p, $k, $p)", "Object.is($p, $v)", "$p instanceof $f", "$k in $p", "delete $p[$k]", "Object.freeze($p)", "Object.seal($p)", "$p.hasOwnProperty($v)", "$p?.propertyIsEnumerable?.($v)", "Object.prototype.toString.call($p)", "Object.prototype.__lookupGetter__.call($p, $k)",
    "$f.bind($p, $v).call($v)", "$f.apply($p, $p)", "Function.prototype.toString.call($p)", "new ($f.bind(null, $v))", "new (class extends $f { constructor() { tick(); super($v); $x } })", "new Proxy($p, { get: $f, has: $f, ownKeys: () => { tick(); $x; return ['x', 'y'] }, getOwnPropertyDescriptor: $f })", "Object.getOwnPropertyNames(px)", "px[$k]", "px[$k] = $v", "$k in px", "px($v)", "new px($v)", "Object.setPrototypeOf(px, $p)", "Array.isArray(px)",
    // errors
    "er.toString()", "er.stack", "new Error($p, $p)", "new AggregateError($p, $p)", "Error.captureStackTrace?.($p, $f)", "(() => { throw $p })()", "Error.isError?.($p)", "Object.defineProperty(er, 'name', { get: $f })", "Object.defineProperty(new Error('q'), 'stack', { get: $f }).stack", "Error.stackTraceLimit = $v", "(function f(n) { tick(); return n > 0 ? f(n - 1) : (() => { $x; return new Error('deep').stack })() })($n % 50)", "(function f() { return f() + 1 })()", "new Function('return ' + $s)()", "(0, eval)($s)",
    // iterators, generators, promises
    "it.next($v)", "[...it]", "it.return?.($v)", "it.throw?.($v)", "it.take?.($n)", "it.drop?.($n)", "it.filter?.($f)", "it.reduce?.($f)", "it.toArray?.()", "[...ge($p)]", "Iterator.from($p).map($f).toArray()", "Iterator.concat?.($p, $p)", "Iterator.zip?.([$p, $p])", "it.flatMap?.($f).next()", "(() => { const g = (function* () { tick(); g.next(); yield* $p })(); return g.next() })()",
    "Promise.all($p)", "Promise.any($p)", "Promise.race($p)", "Promise.allSettled($a)", "Promise.resolve($p)", "SubPromise.resolve($v).then($f)", "new Promise($f)", "Promise.reject($v).catch($f)", "Promise.resolve({ get then() { tick(); $x; return $f } })", "Promise.try?.($f)", "Promise.withResolvers().promise.finally($f)", "(async () => { tick(); for await (const z of $p) { tick(); $x } })()", "(async () => { tick(); await $p; $x })()", "ag.next($v)", "ag.return($v)", "ag.throw($v).catch($f)", "(async () => { tick(); return await [...$a][0] })()", "queueMicrotask($f)", "setTimeout($f, $n % 50)",
    // the web platform
    "new URL($s, 'http://h/').searchParams.append($v, $v)", "new URLSearchParams($p).toString()", "[...new URLSearchParams($s)]", "new Headers($p)", "[...new Headers({ a: $s })]", "h.append('x', $s)", "h.forEach($f)", "for (const z of h) { tick(); h.delete('a'); h.set('b', 'c') }", "new FormData().append($v, $v)", "new Blob([$p, $s, $b, $t])", "new Blob([$b]).arrayBuffer()", "new TextEncoder().encodeInto($s, $t)", "new TextDecoder($s).decode($p)", "new TextDecoder('utf-16le').decode($t, { stream: true })", "atob($s)", "btoa($s)", "new Response($p).text()", "new Request('http://h/', { method: 'POST', body: $p }).arrayBuffer()", "new Response($t).body.getReader({ mode: 'byob' })?.read?.(new Uint8Array(9))",
    "new ReadableStream({ start(c) { controller = c; tick(); $x; c.enqueue($v) }, pull(c) { tick(); $x; c.enqueue($v) }, cancel: $f }, { size: $f, highWaterMark: 3 })", "stream.tee()", "stream.getReader().read().then($f)", "stream.pipeThrough(new TransformStream({ transform(x, c) { tick(); $x; c.enqueue(x) } }))", "new WritableStream({ write: $f }).getWriter().write($p)", "stream.cancel($v)",
    "target.addEventListener('x', $f, { once: true })", "target.dispatchEvent(new CustomEvent('x', { detail: $v }))", "target.addEventListener('x', { get handleEvent() { tick(); $x; return $f } })", "AbortSignal.any([abort.signal]).addEventListener('abort', $f)", "abort.abort($v)", "abort.signal.throwIfAborted()", "console.log($p)", "console.log('%o %s %d', $p, $p, $p)", "console.table($p)", "console.dir($p, { depth: $n % 5 })", "crypto.getRandomValues($t)", "crypto.subtle.digest('SHA-256', $p).then($f)", "Functions.encodeUint256($v)", "Functions.encodeString($p)", "Functions.makeHttpRequest($p)",
    "new Date($p).toISOString()", "new Date($v, $v)", "Date.UTC($p, $p)", "new Date(0).setHours($p, $p)", "new Date(0)[Symbol.toPrimitive]($s)", "Date.prototype.toJSON.call($p)", "encodeURIComponent($p)", "decodeURI($s)", "escape($p)", "Math.hypot($p, $p)", "Math.sumPrecise?.($p)", "Atomics?.add?.($t, $v, $v)", "new DisposableStack().use($p)", "Array.prototype.toLocaleString.call($p, $p)", "(12).toLocaleString($p, $p)", "Object.prototype.valueOf.call($p)", "label: for (;;) { tick(); $x; break label }", "switch ($p) { case $v: $x; default: $x }", "a?.[$n]?.x", "[a[0], a[1]] = [a[1], $v]", "({ x: a[$n], ...o } = $p)", "o.x ??= $v", "a.length &&= $n", "var { [$k]: z = $v } = $p", "$f`a${$v}b`",
];

const FUNCTIONS: &[&str] = &[
    "function () { tick(); $x; return $v }", "() => { tick(); $x; return $v }", "(x, y) => { tick(); $x; return $v }", "(x, y) => { tick(); $x; $x; return x < y ? -1 : 1 }", "(x) => { tick(); $x; return x }",
    "function (x) { tick(); $x; return this }", "(x, y, z) => { tick(); t(() => { $w }); return z }", "() => { tick(); throw $v }", "async () => { tick(); $x; return $v }", "function* () { tick(); $x; yield $v; $x }", "class { constructor() { tick(); $x } }", "fr", "(x) => { tick(); $x; return Promise.resolve(x) }",
];

const VALUES: &[&str] = &[
    "$n", "$n", "$n", "$s", "$s", "$p", "$p", "$f", "undefined", "null", "true", "false", "Symbol.iterator", "[$v, $v]", "{ x: $v }", "[]", "{}", "new Sub($n % 9)",
    "{ valueOf() { tick(); $x; return $n } }", "{ toString() { tick(); $x; return $s } }", "{ [Symbol.toPrimitive]() { tick(); $x; return $n } }", "{ get [Symbol.$y]() { tick(); $x; return $f } }", "{ get $q() { tick(); $x; return $v }, length: 3 }", "{ then(z) { tick(); $x; z($v) } }", "{ [Symbol.iterator]() { tick(); $x; return { next() { tick(); $x; return { done: budget % 5 === 0, value: $v } }, return: $f } } }", "new Proxy($p, traps)", "new Proxy(() => {}, { apply: $f, construct: $f })", "ge($v)", "new Date($n)", "new Error($s)", "Object(1n)", "new String($s)", "Object(Symbol.iterator)", "new Uint8Array(rb, 1, 3)", "new ArrayBuffer(8)", "(function () { return arguments })($v, $v)", "Promise.resolve($v)", "new Blob([$s])", "new WeakMap()", "-0", "/x/g", "Object.create(null)", "Object.create($p)",
];

/// Deepest nesting of what a sign makes.
const DEPTH: usize = 5;

struct Writer {
    random: Random,
    text: String,
}

impl Writer {
    fn write(&mut self, pattern: &str, depth: usize) {
        let mut letters = pattern.chars().peekable();
        while let Some(letter) = letters.next() {
            match letters.peek() {
                Some(sign) if letter == '$' && sign.is_ascii_lowercase() => {
                    self.sign(*sign, depth);
                    letters.next();
                }
                _ => self.text.push(letter),
            }
        }
    }

    fn sign(&mut self, sign: char, depth: usize) {
        let deep = depth >= DEPTH;
        let pattern = match sign {
            'n' => self.random.one_of(NUMBERS),
            's' => self.random.one_of(TEXTS),
            'p' => self.random.one_of(POOL),
            'y' => self.random.one_of(SYMBOLS),
            'q' => self.random.one_of(KEYS),
            'k' => {
                if self.random.below(4) == 0 {
                    let symbol = self.random.one_of(SYMBOLS);
                    self.text.push_str("Symbol.");
                    self.text.push_str(symbol);
                } else {
                    let key = self.random.one_of(KEYS);
                    self.text.push('\'');
                    self.text.push_str(key);
                    self.text.push('\'');
                }
                return;
            }
            'a' => self.random.one_of(&["a", "a", "a", "sub", "px", "ta"]),
            'b' => self.random.one_of(&["b", "rb", "ta.buffer"]),
            't' => self.random.one_of(&["ta", "t8", "big", "new Uint8Array(rb)", "new Int32Array(rb, 4)"]),
            'm' => "m",
            'e' => "e",
            'r' => self.random.one_of(&["r", "r", "/a|b/g", "/(.)/y", "/$/", "px"]),
            'o' => self.random.one_of(&["o", "o", "a", "px", "er", "m"]),
            'f' if deep => "fr",
            'f' => self.random.one_of(FUNCTIONS),
            'x' if deep => self.random.one_of(&["litter()", "rb.resize(0)", "m.clear()", "a.length = 0", "e.clear()"]),
            'x' => self.random.one_of(CHANGES),
            'w' if deep => "litter()",
            'w' => self.random.one_of(WORK),
            'v' if deep => self.random.one_of(&["1", "'s'", "a", "o", "ta", "px"]),
            'v' => self.random.one_of(VALUES),
            other => {
                self.text.push('$');
                self.text.push(other);
                return;
            }
        };
        let bare = matches!(sign, 'x' | 'w' | 'y' | 'q') || !matches!(sign, 'f' | 'v' | 'n');
        if bare {
            self.write(pattern, depth + 1);
        } else {
            self.text.push('(');
            self.write(pattern, depth + 1);
            self.text.push(')');
        }
    }

    fn line(&mut self, pattern: &str) {
        self.write(pattern, 1);
        self.text.push('\n');
    }
}

/// The script of a number.
pub(crate) fn script(seed: u64) -> String {
    let mut writer = Writer { random: Random(seed), text: include_str!("prelude.js").to_owned() };
    writer.line("let a = [$v, $v, $v, $v], b = new ArrayBuffer(64), rb = new ArrayBuffer(64, { maxByteLength: 128 });");
    writer.line("let ta = new Uint8Array(rb), t8 = new Uint8Array(b), dv = new DataView(rb), big = new Uint32Array(2000);");
    writer.line("let m = new Map([[1, 2], ['a', 'b'], [{}, []]]), e = new Set([1, 'a', {}]), wm = new WeakMap(), ws = new WeakSet();");
    writer.line("let r = /(a)|(b)/g, o = { x: 1, y: 2 }, p = Promise.resolve(1), er = new Error('m'), fr = () => { tick(); return 1 };");
    writer.line("let controller, target = new EventTarget(), abort = new AbortController(), h = new Headers({ a: 'b', c: 'd' });");
    writer.line("let sub = Sub.from([1, 2, 3]), traps = { get: (x, k) => { tick(); return x?.[k] } }, px = new Proxy(a, traps), re = Proxy.revocable({}, {});");
    writer.line("function* ge(z) { tick(); try { yield z; yield* a; $x; return z } finally { tick(); $x } }");
    writer.line("async function* as(z) { tick(); try { yield z; await 1; $x; yield* a } finally { tick(); $x } }");
    writer.line("let it = ge(1), ag = as(2), stream = new ReadableStream({ start(c) { controller = c; c.enqueue(new Uint8Array(3)) } });");
    for _ in 0..4 + writer.random.below(14) {
        let count = 1 + writer.random.below(2);
        for _ in 0..count {
            writer.line("t(() => { $w });");
        }
        if writer.random.below(4) == 0 {
            writer.line("await t(async () => { await $p; $w });");
        }
    }
    writer.line("t(() => { litter(); $w });");
    writer.line("return new Uint8Array(t8.length % 100);");
    writer.text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_gives_one_script() {
        assert_eq!(script(7), script(7));
        assert_ne!(script(7), script(8));
        assert!(!script(7).contains("$x"));
    }
}
