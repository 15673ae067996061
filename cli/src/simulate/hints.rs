//! What a run shows that its author may not have meant.

use std::collections::BTreeMap;

use functions_types::limits::Mode;

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

#[cfg(test)]
mod tests {
    use super::*;

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
