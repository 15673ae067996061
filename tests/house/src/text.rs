//! Lengths: a file beyond the limit holds two ideas, a line beyond it is read by nobody.

/// Lines of a source file.
pub const MAX_LINES: usize = 500;
/// Characters of a line, comments included.
pub const MAX_WIDTH: usize = 120;

/// What is too long in a file.
#[must_use]
pub fn judge(name: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let count = text.lines().count();
    if count > MAX_LINES {
        wrong.push(format!(
            "{name}: {count} lines, at most {MAX_LINES}: two ideas are in it, give each a file"
        ));
    }
    for (number, line) in text.lines().enumerate() {
        let width = line.chars().count();
        // Texts that tests compare and rows of tables cannot be broken.
        let comment =
            line.trim_start().strip_prefix("//").map(|rest| rest.trim_start_matches(['/', '!', ' ']));
        if width > MAX_WIDTH && comment.is_some_and(|text| !text.starts_with('|')) {
            wrong
                .push(format!("{name}:{}: a comment of {width} characters, at most {MAX_WIDTH}", number + 1));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judge_finds_long_files_and_wide_comments() {
        let wide = format!("    /// {}", "x".repeat(MAX_WIDTH));
        assert_eq!(judge("a.rs", &wide), ["a.rs:1: a comment of 128 characters, at most 120"]);
        assert_eq!(judge("a.rs", &format!("//! | {}", "x".repeat(MAX_WIDTH))), [""; 0]);
        assert_eq!(judge("a.rs", &"x\n".repeat(MAX_LINES)), [""; 0]);
        let long = judge("a.rs", &"x\n".repeat(MAX_LINES + 1));
        assert!(long[0].starts_with("a.rs: 501 lines"), "{long:?}");
        assert_eq!(judge("a.rs", &format!("let text = \"{}\";", "x".repeat(200))), [""; 0]);
    }
}
