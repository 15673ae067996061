//! The text around a script that makes it the body of an async function, in strict mode, under a constant file name.

use oracle_frames::Position;

/// The file name that scripts see in their stacks.
pub(crate) const FILE: &str = "script.js";

/// The source is parsed inside three different wrappers, so that only the body of a function gets
/// through: what may follow an early closing brace differs in each. A parenthesis forbids a second
/// brace, an object demands a comma or a brace, a class forbids the comma. The first is what runs. A script begins at
/// the same column in all of them.
pub(crate) const WRAPPERS: [(&str, &str); 3] = [
    ("\"use strict\";    (async function(){", "\n})"),
    ("\"use strict\";     ({async script(){", "\n}})"),
    ("\"use strict\";(class{async script(){", "\n}})"),
];

const _: () = assert!(
    WRAPPERS[0].0.len() == WRAPPERS[1].0.len() && WRAPPERS[0].0.len() == WRAPPERS[2].0.len(),
    "one column for all"
);

/// A script's own position for one the engine gives: the first line carries the wrapper in front.
pub(crate) fn unwrapped(line: u32, column: u32) -> Position {
    let before = u32::try_from(WRAPPERS[0].0.len()).unwrap_or(0);
    let column = if line == 1 { column.saturating_sub(before).max(1) } else { column };
    Position { module: String::new(), line, column }
}
