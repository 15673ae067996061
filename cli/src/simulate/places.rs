//! Finds the places of the user's script that made HTTP requests, read the clock or drew random numbers.
//!
//! The script runs once more with a prelude on its first line, so that lines stay where they are. The prelude wraps the
//! functions in question; each wrapper notes the stack on the console before it goes on. Notes that do not parse are
//! dropped: a script may print what it likes.

use serde::Deserialize;

/// What the console lines of the wrappers begin with.
const MARK: &str = "\u{1}place\u{1}";

/// Wraps what is worth noting. A script that froze these objects keeps them, and no place is found.
const PRELUDE: &str = concat!(
    "{const g=globalThis,E=g.Error,J=g.JSON.stringify,log=g.console.log.bind(g.console),R=g.Reflect,",
    "note=(what,url)=>log(\"\\u0001place\\u0001\"+J({what,url,stack:new E().stack})),",
    "wrap=(o,k,what,url=()=>\"\")=>{try{const f=o[k];",
    "o[k]=function(...a){note(what,url(a));return R.apply(f,this,a)}}catch{}};",
    "const text=u=>typeof u===\"string\"?u:u?.url??u?.href??\"\";",
    "wrap(g.Functions,\"makeHttpRequest\",\"request\",a=>text(a[0]?.url));wrap(g,\"fetch\",\"request\",a=>text(a[0]));",
    "wrap(g.Math,\"random\",\"Math.random\");wrap(g.crypto,\"getRandomValues\",\"crypto.getRandomValues\");",
    "wrap(g.crypto,\"randomUUID\",\"crypto.randomUUID\");wrap(g.performance,\"now\",\"performance.now\");",
    "try{const D=g.Date;wrap(D,\"now\",\"Date.now\");g.Date=new g.Proxy(D,{",
    "construct(t,a,n){if(a.length===0)note(\"new Date\");return R.construct(t,a,n)},",
    "apply(t,s,a){note(\"Date\");return R.apply(t,s,a)}})}catch{}}",
);

/// What a place is called that made an HTTP request.
pub(crate) const REQUEST: &str = "request";

/// Something a script did, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// [`REQUEST`], or the name of the function that was called.
    pub(crate) what: String,
    /// URL asked for, as far as it was a text.
    pub(crate) url: String,
    /// Line, from 1.
    pub(crate) line: u32,
    /// Column, from 1.
    pub(crate) column: u32,
}

/// The script with the prelude before it.
pub(crate) fn probed(source: &str) -> String {
    format!("{PRELUDE}{source}")
}

/// The places noted on the console of a probed script, in order.
pub(crate) fn read(console: &[String]) -> Vec<Place> {
    console.iter().filter_map(|line| place(line)).collect()
}

/// The call that made each exchange, in their order; `asked` has method and URL of the exchanges.
///
/// By number where there are as many calls as exchanges; otherwise by URL, each call once.
pub(crate) fn calls(places: &[Place], asked: &[&str]) -> Vec<Option<Place>> {
    let mut calls: Vec<Option<&Place>> =
        places.iter().filter(|place| place.what == REQUEST).map(Some).collect();
    if calls.len() == asked.len() {
        return calls.into_iter().map(|place| place.cloned()).collect();
    }
    let mut take = |asked: &str| {
        let url = asked.split_once(' ').map_or(asked, |(_, url)| url);
        let slot = calls.iter_mut().find(|slot| slot.is_some_and(|place| place.url == url))?;
        slot.take().cloned()
    };
    asked.iter().map(|asked| take(asked)).collect()
}

#[derive(Deserialize)]
struct Note {
    what: String,
    url: String,
    stack: String,
}

fn place(line: &str) -> Option<Place> {
    let note: Note = serde_json::from_str(line.strip_prefix(MARK)?).ok()?;
    let prelude = PRELUDE.chars().count() as u32;
    // The first frame that is neither a wrapper's nor the host's.
    let (line, column) = note.stack.lines().filter_map(position).find_map(|(line, column)| match line {
        1 => column.checked_sub(prelude).filter(|column| *column > 0).map(|column| (1, column)),
        _ => Some((line, column)),
    })?;
    Some(Place { what: note.what, url: note.url, line, column })
}

/// Line and column at the end of a frame: `… at name (file:3:7)`.
fn position(frame: &str) -> Option<(u32, u32)> {
    let mut numbers = frame.trim().trim_end_matches(')').rsplitn(3, ':');
    let column = numbers.next()?.parse().ok()?;
    let line = numbers.next()?.parse().ok()?;
    (line > 0).then_some((line, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(stack: &str) -> Option<Place> {
        let note = serde_json::json!({"what": "request", "url": "u", "stack": stack});
        place(&format!("{MARK}{note}"))
    }

    #[test]
    fn the_first_frame_of_the_users_text_counts() {
        let found =
            noted("    at note (script:1:90)\n    at <anonymous> (script:1:300)\n    at f (script:4:9)\n");
        assert_eq!(found.map(|place| (place.line, place.column)), Some((4, 9)));
    }

    #[test]
    fn columns_of_the_first_line_are_the_users() {
        let column = PRELUDE.chars().count() + 5;
        let found = noted(&format!("at note (script:1:90)\nat f (script:1:{column})"));
        assert_eq!(found.map(|place| (place.line, place.column)), Some((1, 5)));
    }

    #[test]
    fn calls_are_matched_by_number_or_by_url() {
        let place = |line, url: &str| Place { what: REQUEST.into(), url: url.into(), line, column: 1 };
        let lines = |places: &[Place], asked: &[&str]| {
            calls(places, asked).into_iter().map(|found| found.map(|place| place.line)).collect::<Vec<_>>()
        };
        let places = [place(1, "a"), place(2, "b"), place(3, "a")];
        assert_eq!(lines(&places, &["GET x", "GET y", "GET z"]), [Some(1), Some(2), Some(3)]);
        assert_eq!(lines(&places, &["GET b", "GET c"]), [Some(2), None]);
        assert_eq!(lines(&places[..1], &["GET a", "GET a"]), [Some(1), None]);
    }

    #[test]
    fn other_lines_are_no_notes() {
        assert_eq!(read(&["hello".into(), format!("{MARK}{{"), format!("{MARK}{{\"what\": 1}}")]), []);
        assert_eq!(noted("at native"), None);
    }
}
