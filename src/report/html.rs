//! The templates and what they need.

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;

use crate::connector::Error;

pub(super) fn unwritable(cause: minijinja::Error) -> Error {
    Error::local(format!("a report cannot be written: {cause:#}")).caused_by(cause)
}

/// The templates, with escaping by their names' endings.
pub(super) fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut env = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    env.set_syntax(syntax);
    env.add_template("page.html", include_str!("page/page.html"))?;
    env.add_template("junit.xml", include_str!("junit.xml"))?;
    env.add_filter("xml", xml);
    Ok(env)
}

/// `2 h 5 min`.
pub fn seconds(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {} s", seconds % 60),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// Text without the characters that XML cannot hold.
fn xml(text: &str) -> String {
    text.chars()
        .filter(|c| {
            matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_readable() {
        assert_eq!(seconds(7), "7 s");
        assert_eq!(seconds(125), "2 min 5 s");
        assert_eq!(seconds(7512), "2 h 5 min");
    }

    #[test]
    fn xml_holds_no_control_characters() {
        assert_eq!(xml("a\u{0}b\u{b}c\u{ffff}\n😀"), "abc\n😀");
    }
}
