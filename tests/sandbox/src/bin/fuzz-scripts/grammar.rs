//! From a number to a script.
//!
//! A line of a table (`tables/`) is copied letter by letter; `$` and a letter stand for something made anew:
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

    /// A line of a table, none of those that are blank or begin with `# `.
    fn line_of<'t>(&mut self, table: &'t str) -> &'t str {
        let lines = || table.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
        let at = self.below(lines().count());
        lines().nth(at).unwrap_or_default()
    }

    fn one_of<'t>(&mut self, few: &[&'t str]) -> &'t str {
        few.get(self.below(few.len())).copied().unwrap_or_default()
    }
}

const NUMBERS: &str = include_str!("tables/numbers.txt");
const TEXTS: &str = include_str!("tables/texts.txt");
const KEYS: &str = include_str!("tables/keys.txt");
const SYMBOLS: &str = include_str!("tables/symbols.txt");
const POOL: &str = include_str!("tables/pool.txt");

/// Statements that change what something else may be working on.
const CHANGES: &str = include_str!("tables/changes.txt");

/// Expressions that have the engine work while the script's own code runs.
const WORK: &str = include_str!("tables/work.txt");

const FUNCTIONS: &str = include_str!("tables/functions.txt");

const VALUES: &str = include_str!("tables/values.txt");

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
            'n' => self.random.line_of(NUMBERS),
            's' => self.random.line_of(TEXTS),
            'p' => self.random.line_of(POOL),
            'y' => self.random.line_of(SYMBOLS),
            'q' => self.random.line_of(KEYS),
            'k' => {
                if self.random.below(4) == 0 {
                    let symbol = self.random.line_of(SYMBOLS);
                    self.text.push_str("Symbol.");
                    self.text.push_str(symbol);
                } else {
                    let key = self.random.line_of(KEYS);
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
            'f' => self.random.line_of(FUNCTIONS),
            'x' if deep => {
                self.random.one_of(&["litter()", "rb.resize(0)", "m.clear()", "a.length = 0", "e.clear()"])
            }
            'x' => self.random.line_of(CHANGES),
            'w' if deep => "litter()",
            'w' => self.random.line_of(WORK),
            'v' if deep => self.random.one_of(&["1", "'s'", "a", "o", "ta", "px"]),
            'v' => self.random.line_of(VALUES),
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
    writer.line("let a = [1, 'x', {}, 2.5], b = new ArrayBuffer(64), rb = new ArrayBuffer(64, { maxByteLength: 128 });");
    writer.line("let ta = new Uint8Array(rb), t8 = new Uint8Array(b), dv = new DataView(rb), big = new Uint32Array(2000);");
    writer.line("let m = new Map([[1, 2], ['a', 'b'], [{}, []]]), e = new Set([1, 'a', {}]), wm = new WeakMap(), ws = new WeakSet();");
    writer.line("let r = /(a)|(b)/g, o = { x: 1, y: 2 }, p = Promise.resolve(1), er = new Error('m'), fr = () => { tick(); return 1 };");
    writer.line("let controller, target = new EventTarget(), abort = new AbortController(), h = new Headers({ a: 'b', c: 'd' });");
    writer.line("let sub = Sub.from([1, 2, 3]), traps = { get: (x, k) => { tick(); return x?.[k] } }, px = new Proxy(a, traps), re = Proxy.revocable({}, {});");
    writer.line("function* ge(z) { tick(); try { yield z; yield* a; $x; return z } finally { tick(); $x } }");
    writer.line(
        "async function* as(z) { tick(); try { yield z; await 1; $x; yield* a } finally { tick(); $x } }",
    );
    writer.line("t(() => { a.push($v, $v, $v) }); t(() => { $x });");
    writer.line("let it = ge(1), ag = as(2), stream = new ReadableStream({ start(c) { controller = c; c.enqueue(new Uint8Array(3)) } });");
    for _ in 0..4 + writer.random.below(14) {
        let count = 1 + writer.random.below(2);
        for _ in 0..count {
            writer.line("t(() => { $w });");
        }
        if writer.random.below(4) == 0 {
            writer.line("await (async () => { try { await $p; $w } catch { $x } })().catch(() => {});");
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
