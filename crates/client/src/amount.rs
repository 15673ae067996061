//! Amounts of LINK as people write and read them.

use functions_types::Juels;

/// Juels of the last decimal shown.
const MICRO_LINK: u128 = 1_000_000_000_000;
/// All LINK there is.
const SUPPLY: Juels = match Juels::new(1_000_000_000 * Juels::PER_LINK) {
    Some(juels) => juels,
    None => Juels::MAX,
};

/// Juels of an amount: LINK with at most 18 decimals, or a whole number followed by `juels`.
///
/// # Errors
/// What is wrong with the text, and how to write it.
pub fn parse(text: &str) -> Result<Juels, String> {
    let wrong = || format!("{text:?} is no amount of LINK; write for example 10, 0.001 or 1000juels");
    let bounded = |juels: u128| match Juels::new(juels).filter(|juels| juels.get() <= SUPPLY.get()) {
        Some(juels) => Ok(juels),
        None => Err(format!("{text:?} is more than exists: there are {}", link(SUPPLY.get()))),
    };
    if let Some(juels) = text.strip_suffix("juels") {
        let juels = juels.trim_end();
        if juels.is_empty() || !juels.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        return bounded(juels.parse().unwrap_or(u128::MAX));
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(part) {
        return Err(wrong());
    }
    if part.len() > 18 {
        return Err(format!(
            "{text:?} has {} decimals, and LINK has 18: a juel is the least there is",
            part.len()
        ));
    }
    let whole: u128 = whole.parse().unwrap_or(u128::MAX);
    let part: u128 = format!("{part:0<18}").parse().map_err(|_| wrong())?;
    bounded(whole.saturating_mul(Juels::PER_LINK).saturating_add(part))
}

/// As [`parse`], and more than nothing.
///
/// # Errors
/// As [`parse`].
pub fn parse_positive(text: &str) -> Result<Juels, String> {
    parse(text)
        .and_then(|juels| if juels == Juels::ZERO { Err("it must be more than 0".into()) } else { Ok(juels) })
}

/// An amount somebody named, for people: as LINK when that says all of it, otherwise in juels.
pub fn exact(juels: u128) -> String {
    if juels.is_multiple_of(MICRO_LINK) { link(juels) } else { format!("{juels} juels") }
}

/// Juels as LINK, for people: at most six decimals, rounded down, no trailing zeros; in juels when nothing would be
/// left.
pub fn link(juels: u128) -> String {
    if 0 < juels && juels < MICRO_LINK {
        return format!("{juels} juels");
    }
    let micros = juels % Juels::PER_LINK / MICRO_LINK;
    let text = format!("{}.{micros:06}", juels / Juels::PER_LINK);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} LINK")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_reads_decimals_and_juels_and_refuses_the_rest() {
        assert_eq!(parse("10").map(Juels::get), Ok(10 * Juels::PER_LINK));
        assert_eq!(parse("0.001").map(Juels::get), Ok(1_000_000_000_000_000));
        assert_eq!(parse("0.000000000000000001").map(Juels::get), Ok(1));
        assert_eq!(parse("17juels").map(Juels::get), Ok(17));
        assert_eq!(parse("17 juels").map(Juels::get), Ok(17));
        let too_much = "99999999999999999999";
        assert!(
            parse(&format!("0.{}1", "0".repeat(18)))
                .unwrap_err()
                .contains("has 19 decimals, and LINK has 18")
        );
        for wrong in [
            "",
            ".5",
            "5.",
            ".",
            "1..2",
            "1.2.3",
            " 1",
            "+1",
            "1,5",
            "0x1",
            "-1",
            "1e3",
            "0.0000000000000000001",
            too_much,
            "juels",
            "1.5juels",
            "1 000",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse_positive("0.0").is_err());
        let all = "1000000000";
        assert_eq!(parse(all), Ok(SUPPLY));
        for more in [format!("{all}.1"), format!("1{}juels", "0".repeat(28)), too_much.into(), "9".repeat(99)]
        {
            assert!(parse(&more).unwrap_err().contains("more than exists"), "{more}");
        }
    }

    #[test]
    fn link_prints_whole_and_small_amounts() {
        assert_eq!(link(0), "0 LINK");
        assert_eq!(link(1), "1 juels");
        assert_eq!(link(MICRO_LINK), "0.000001 LINK");
        assert_eq!((exact(0), exact(1)), ("0 LINK".to_owned(), "1 juels".to_owned()));
        assert_eq!(exact(Juels::PER_LINK + 1), "1000000000000000001 juels");
        assert_eq!(exact(Juels::PER_LINK / 2), "0.5 LINK");
        assert_eq!(link(10_000_000_000_000_000_000), "10 LINK");
        assert_eq!(link(9_640_216_666_666_665), "0.00964 LINK");
    }
}
