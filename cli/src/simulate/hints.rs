//! What a run shows that its author may not have meant.

use std::collections::BTreeMap;

use functions_types::limits::Mode;
use oracle_runner::RunOutcome;

/// Names whose calls make a script wait where time is real.
const TIMERS: [&str; 2] = ["setTimeout", "setInterval"];

/// Hints about a run of `source` in `mode` whose queries went to `hosts`, one each.
pub(crate) fn of<'a>(source: &str, mode: Mode, hosts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let Some(timer) = TIMERS.iter().find(|name| source.contains(**name)) else { return Vec::new() };
    if mode != Mode::Strict {
        return Vec::new();
    }
    let mut asked = BTreeMap::<&str, usize>::new();
    for host in hosts {
        *asked.entry(host).or_default() += 1;
    }
    asked
        .iter()
        .filter(|(_, times)| **times > 1)
        .map(|(host, times)| {
            format!(
                "the script has {timer} and asked {host} {times} times: in strict mode no timer waits between queries, the script's \
                 clock jumps; let the server wait with its answer, or use compat mode (--mode compat)"
            )
        })
        .collect()
}

/// A hint about a line that would name an aggregation if it were the first.
pub(crate) fn of_later_lines(source: &str) -> Option<String> {
    let names = |line: &str| {
        let comment = line.trim_start().strip_prefix("//");
        comment.is_some_and(|comment| comment.trim_start().starts_with("@aggregation"))
    };
    let line = source.lines().skip(1).position(names)? + 2;
    Some(format!(
        "line {line} names an aggregation, which only the first line of a script does: it is ignored there"
    ))
}

/// A hint about what a run ended with.
pub(crate) fn of_outcome(outcome: &RunOutcome) -> Option<String> {
    let is_empty = matches!(outcome, RunOutcome::UserError(text) if text.is_empty());
    is_empty.then(|| {
        "the script threw an empty text: on the chain that is an answer with neither result nor error, which a consumer takes for \
         an empty result; throw an error with words"
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_words_is_an_empty_result_on_the_chain() {
        let hint = |outcome| of_outcome(&outcome);
        assert!(
            hint(RunOutcome::UserError(vec![])).is_some_and(|hint| hint.contains("neither result nor error"))
        );
        assert_eq!(hint(RunOutcome::UserError(b"no price".to_vec())), None);
        // Nothing is what the script says it returns.
        assert_eq!(hint(RunOutcome::Result(vec![])), None);
    }

    #[test]
    fn an_aggregation_after_the_first_line_is_warned_of() {
        let hint = of_later_lines("\n  //@aggregation median\nreturn 1").expect("a hint");
        assert!(hint.starts_with("line 2 ") && hint.contains("ignored"), "{hint}");
        for source in ["// @aggregation median\nreturn 1", "// a\n// an @aggregation", "", "x\ny"] {
            assert_eq!(of_later_lines(source), None, "{source:?}");
        }
    }

    #[test]
    fn timers_between_queries_of_one_host_do_not_wait_in_strict_mode() {
        let poll = "while (true) { await ask(); await new Promise((go) => setTimeout(go, 1000)) }";
        let hints = |source, mode, hosts: &[&'static str]| of(source, mode, hosts.iter().copied());
        let found = hints(poll, Mode::Strict, &["a.example", "b.example", "a.example"]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("asked a.example 2 times") && found[0].contains("compat"), "{found:?}");
        let none: [String; 0] = [];
        assert_eq!(hints(poll, Mode::Compat, &["a.example", "a.example"]), none);
        assert_eq!(hints(poll, Mode::Strict, &["a.example", "b.example"]), none);
        assert_eq!(hints("await ask(); await ask()", Mode::Strict, &["a.example", "a.example"]), none);
    }
}
