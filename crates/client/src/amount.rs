//! Amounts of LINK as people write and read them.

use functions_types::Juels;

/// Juels of an amount: LINK with at most 18 decimals, or a whole number followed by `juels`.
///
/// # Errors
/// What is wrong with the text, and how to write it.
pub fn parse(text: &str) -> Result<Juels, String> {
    let wrong = || format!("{text:?} is no amount of LINK; write for example 10, 0.001 or 1000juels");
    if let Some(juels) = text.strip_suffix("juels") {
        let juels = juels.trim_end();
        if juels.is_empty() || !juels.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        return juels.parse().ok().and_then(Juels::new).ok_or_else(wrong);
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 18 {
        return Err(wrong());
    }
    let whole: u128 = whole.parse().map_err(|_| wrong())?;
    let part: u128 = format!("{part:0<18}").parse().map_err(|_| wrong())?;
    let juels = whole.checked_mul(Juels::PER_LINK).and_then(|w| w.checked_add(part));
    juels.and_then(Juels::new).ok_or_else(wrong)
}

/// As [`parse`], and more than nothing.
///
/// # Errors
/// As [`parse`].
pub fn parse_positive(text: &str) -> Result<Juels, String> {
    parse(text)
        .and_then(|juels| if juels == Juels::ZERO { Err("it must be more than 0".into()) } else { Ok(juels) })
}

/// Juels as LINK, for people: at most six decimals, no trailing zeros.
pub fn link(juels: u128) -> String {
    let micros = juels % Juels::PER_LINK / 1_000_000_000_000;
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
        for wrong in ["", ".5", "-1", "1e3", "0.0000000000000000001", too_much, "juels", "1.5juels", "1 000"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse_positive("0.0").is_err());
    }

    #[test]
    fn link_prints_whole_and_small_amounts() {
        assert_eq!(link(0), "0 LINK");
        assert_eq!(link(10_000_000_000_000_000_000), "10 LINK");
        assert_eq!(link(9_640_216_666_666_665), "0.00964 LINK");
    }
}
