#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use alloy_primitives::B256;
use functions_offchain_config::Method;

use super::{Outcome, Rule, decide, is_settled};
use crate::{Answer, FailureCode};

const EVIDENCE: B256 = B256::new([0x5a; 32]);

/// `a` to `z` are results, `A` to `Z` user errors, digits node failures; one character an oracle.
fn answers(script: &str) -> Vec<Answer> {
    let answer = |c: char| match c {
        'a'..='z' => Answer::Result(vec![c as u8]),
        'A'..='Z' => Answer::UserError(vec![c as u8]),
        digit => Answer::NodeFailure(FailureCode::from_byte(digit.to_digit(10).unwrap() as u8).unwrap()),
    };
    script.chars().map(answer).collect()
}

/// The outcome in the same notation; texts of rule 6 in full.
fn outcome(method: Method, n: usize, f: usize, script: &str) -> String {
    let answers = answers(script);
    let answers: Vec<&Answer> = answers.iter().collect();
    match decide(&Rule { method, n, f }, &answers, &EVIDENCE) {
        None => "-".into(),
        Some(Outcome::Result(bytes) | Outcome::Error(bytes)) => String::from_utf8(bytes).unwrap(),
    }
}

#[test]
fn decide_follows_the_table_in_mode() {
    let cases = [
        // n, f, answers, outcome (rule)
        (4, 1, "", "-"),                // 1
        (4, 1, "aa", "-"),              // 1
        (4, 1, "aaa", "a"),             // 2
        (4, 1, "aab", "a"),             // 2: two of three
        (4, 1, "aabb", "DON_DIVERGED"), // 6: half is no majority
        (4, 1, "abcd", "DON_DIVERGED"), // 6
        (4, 1, "baaa", "a"),            // 2
        (4, 1, "aa66", "a"),            // 2: failures weigh no more than absence
        (4, 1, "aab5", "a"),
        (4, 1, "aa6", "a"),
        (4, 1, "EEE", "E"),             // 4
        (4, 1, "aEEE", "E"),            // 4
        (4, 1, "aEE", "E"),             // 4: two errors beat one result
        (4, 1, "aaEE", "DON_DIVERGED"), // 6: a tie is no error
        (4, 1, "EFG", "DON_USER_ERRORS_DIFFER"),
        (4, 1, "EEFF", "E"), // 4: equal counts, the smaller text
        (4, 1, "FFEa", "F"), // 4
        (4, 1, "111", "-"),  // 7
        (4, 1, "a11", "-"),  // 7
        (4, 1, "a66", "-"),  // 7
        (4, 1, "a16", "-"),  // 7
        (4, 1, "ab5", "-"),  // 7: two answers that differ are too few to call the script divergent
        (4, 1, "EF5", "-"),  // 7
        (4, 1, "555", "-"),  // 7
        (4, 1, "222", "-"),  // 7: a server of secrets may answer later
        (4, 1, "333", "DON_SECRETS"),
        (4, 1, "ab33", "DON_SECRETS"),
        (4, 1, "abc3", "DON_DIVERGED"),
        (7, 2, "aaab", "-"), // 1: needs five
        (7, 2, "aaabc", "a"),
        (7, 2, "aaabbb", "DON_DIVERGED"),
        (7, 2, "aaaabbb", "a"),
        (7, 2, "EEFFGGa", "DON_USER_ERRORS_DIFFER"),
        (7, 2, "EEEFFGa", "E"),
    ];
    for (n, f, script, expected) in cases {
        let outcome = outcome(Method::Mode, n, f, script);
        let word = outcome.split(' ').next().unwrap();
        assert_eq!(word, expected, "answers {script:?} of n={n} f={f} gave {outcome:?}");
    }
}

#[test]
fn decide_writes_canonical_texts() {
    let text = |method, script| outcome(method, 4, 1, script);
    let ev = "ev=5a5a5a5a5a5a5a5a";
    let mode = Method::Mode;
    assert_eq!(text(mode, "aabb"), format!("DON_DIVERGED n=4 f=1 obs=4 ok=4 err=0 top=2 need=3 mode {ev}"));
    assert_eq!(
        text(mode, "ab33"),
        format!("DON_SECRETS n=4 f=1 obs=4 ok=2 err=0 top=1 need=2 mode code=3 {ev}")
    );
    assert_eq!(
        text(mode, "EFG"),
        format!("DON_USER_ERRORS_DIFFER n=4 f=1 obs=3 ok=0 err=3 top=0 need=2 mode {ev}")
    );
    assert_eq!(
        text(Method::MedianUint256, "abc"),
        format!("DON_DIVERGED n=4 f=1 obs=3 ok=3 err=0 top=1 need=3 median-uint256 {ev}")
    );
    let longest = outcome(Method::PluralityCompat, 31, 10, &"3".repeat(31));
    assert!(longest.len() <= 256 && longest.is_ascii(), "{longest}");
}

#[test]
fn decide_takes_the_median_of_each_order() {
    assert_eq!(outcome(Method::Median, 4, 1, "cab"), "b");
    assert_eq!(outcome(Method::Median, 4, 1, "dcab"), "b");
    assert_eq!(outcome(Method::Median, 4, 1, "ab6"), "-");
    assert_eq!(
        outcome(Method::Median, 4, 1, "abE"),
        "DON_DIVERGED n=4 f=1 obs=3 ok=2 err=1 top=1 need=3 median ev=5a5a5a5a5a5a5a5a"
    );
    assert_eq!(outcome(Method::Median, 4, 1, "EEa"), "E");

    let word = |first: u8, last: u8| {
        let mut word = vec![if first == 0xff { 0xff } else { 0 }; 32];
        word[0] = first;
        word[31] = last;
        Answer::Result(word)
    };
    let answers = [word(0xff, 0xfe), word(0, 1), word(0, 7)]; // -2, 1, 7 or huge, 1, 7
    let answers: Vec<&Answer> = answers.iter().collect();
    let pick = |method| decide(&Rule { method, n: 4, f: 1 }, &answers, &EVIDENCE).unwrap();
    assert_eq!(pick(Method::MedianInt256).bytes(), word(0, 1).bytes());
    assert_eq!(pick(Method::MedianUint256).bytes(), word(0, 7).bytes());

    // By length first: a longer value is larger whatever its bytes.
    let answers = [Answer::Result(vec![9]), Answer::Result(vec![0, 0]), Answer::Result(vec![1])];
    let answers: Vec<&Answer> = answers.iter().collect();
    let median = decide(&Rule { method: Method::Median, n: 4, f: 1 }, &answers, &EVIDENCE).unwrap();
    assert_eq!(median.bytes(), [9]);
}

#[test]
fn decide_lets_one_oracle_win_only_in_plurality_compat() {
    assert_eq!(outcome(Method::PluralityCompat, 4, 1, "cab"), "c");
    assert_eq!(outcome(Method::PluralityCompat, 4, 1, "cabb"), "b");
    assert_eq!(outcome(Method::PluralityCompat, 4, 1, "aE6"), "a");
    assert_eq!(outcome(Method::PluralityCompat, 4, 1, "aEF"), "E");
    assert!(outcome(Method::Mode, 4, 1, "cab").starts_with("DON_DIVERGED"));
}

#[test]
fn result_in_mode_always_has_enough_supporters() {
    // Every multiset of up to seven answers out of three values and three failures.
    let alphabet = ['a', 'b', 'c', 'E', 'F', '1'];
    for (n, f) in [(4, 1), (5, 1), (6, 1), (7, 2)] {
        for code in 0..6usize.pow(n as u32) {
            let script: String = (0..n).map(|i| alphabet[code / 6usize.pow(i as u32) % 6]).collect();
            let result = outcome(Method::Mode, n, f, &script);
            let supporters = script.chars().filter(|c| result == c.to_string()).count();
            let answers = script.chars().filter(char::is_ascii_alphabetic).count();
            match result.as_str() {
                "-" => assert!(answers <= 2 * f, "{script} has no outcome"),
                text if text.starts_with("DON_") => assert!(answers > 2 * f, "{script} gave {result}"),
                _ => assert!(supporters > f, "{script} gave {result}"),
            }
            if result.len() == 1 && result.chars().all(char::is_lowercase) {
                assert!(2 * supporters > answers, "{script} gave {result}");
            }
        }
        if n == 7 {
            break;
        }
    }
}

/// All texts of so many letters.
fn texts(letters: &str, length: usize) -> Vec<String> {
    (0..length).fold(vec![String::new()], |texts, _| {
        texts.iter().flat_map(|text| letters.chars().map(move |letter| format!("{text}{letter}"))).collect()
    })
}

#[test]
fn what_is_settled_stays_whatever_comes() {
    // A result stays the same, and so does the kind of a text.
    let kind = |outcome: String| if outcome.starts_with("DON_") { "text".to_owned() } else { outcome };
    let (mut settled, mut open) = (0, 0);
    for (n, f) in [(4, 1), (7, 2)] {
        for have in 2 * f + 1..n {
            for held in texts("abE", have) {
                let answers = answers(&held);
                let answers: Vec<&Answer> = answers.iter().collect();
                let missing = n - have;
                let rule = Rule { method: Method::Mode, n, f };
                if !is_settled(&rule, &answers, missing) {
                    open += 1;
                    continue;
                }
                settled += 1;
                let now = kind(outcome(Method::Mode, n, f, &held));
                for come in texts("abcEF6", missing) {
                    let later = kind(outcome(Method::Mode, n, f, &format!("{held}{come}")));
                    assert_eq!(later, now, "{held:?}, then {come:?}");
                }
            }
        }
    }
    assert!(settled > 100 && open > 100, "{settled} settled, {open} open");
    let three = answers("abc");
    let three: Vec<&Answer> = three.iter().collect();
    for (method, expected) in
        [(Method::Median, true), (Method::MedianUint256, false), (Method::PluralityCompat, false)]
    {
        assert_eq!(is_settled(&Rule { method, n: 4, f: 1 }, &three, 1), expected, "{method:?}");
    }
}

/// Medians of many random sets with up to `f` liars.
#[test]
fn median_lies_between_honest_values_and_does_not_depend_on_the_order() {
    let mut random = 0x9e37_79b9_u64;
    let mut below = |most: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % most
    };
    let word = |value: i64| {
        let mut bytes = [if value < 0 { 0xff } else { 0 }; 32];
        bytes[24..].copy_from_slice(&value.to_be_bytes());
        bytes.to_vec()
    };
    for round in 0..4_000 {
        let (n, f) = [(4, 1), (7, 2), (10, 3), (31, 10)][round % 4];
        let signed = round % 3 == 0;
        let method = if signed { Method::MedianInt256 } else { Method::MedianUint256 };
        let rule = Rule { method, n, f };
        let center = 1_000 + below(1_000_000) as i64;
        let honest_count = n - f;
        let honest: Vec<i64> = (0..honest_count)
            .map(|_| {
                let value = center + below(100) as i64;
                if signed && below(2) == 0 { -value } else { value }
            })
            .collect();
        let lies = (0..f).map(|_| match below(4) {
            0 => Answer::Result(vec![0xff; 32]),
            1 => Answer::Result(vec![0; 32]),
            2 => Answer::Result(vec![7; below(64) as usize]),
            _ => Answer::UserError(b"E".to_vec()),
        });
        let mut all: Vec<Answer> =
            honest.iter().map(|&value| Answer::Result(word(value))).chain(lies).collect();
        let decide_all = |all: &[Answer]| decide(&rule, &all.iter().collect::<Vec<_>>(), &EVIDENCE);
        let first = decide_all(&all);
        let (least, most) = (honest.iter().min().unwrap(), honest.iter().max().unwrap());
        let Some(Outcome::Result(bytes)) = &first else { panic!("{first:?} of {all:?}") };
        let value = i64::from_be_bytes(bytes[24..].try_into().unwrap());
        assert!(bytes.len() == 32 && (least..=most).contains(&&value), "{value} of {honest:?}");
        for place in (1..all.len()).rev() {
            all.swap(place, below(place as u64 + 1) as usize);
        }
        assert_eq!(decide_all(&all), first, "another order");
    }
}
