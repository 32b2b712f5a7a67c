//! The map of old addresses to new ones, as tables and as rules of web servers.
//!
//! Addresses come from desks: nothing in them may end a line, a quoted word or
//! a cell. What a format has no way to say is left out, and counted.

use std::borrow::Cow;
use std::io::Write;

use percent_encoding::percent_decode_str;
use url::Url;

use super::disk;
use super::table::Table;
use crate::connector::{Error, Result};
use crate::engine::Moved;

crate::schema::values! {
    /// How the map is written.
    #[derive(Default)]
    Redirects {
        /// A table: kind, id, locale, old, new.
        #[default]
        Csv = "csv",
        /// One array of objects.
        Json = "json",
        /// Two `map` blocks of nginx.
        Nginx = "nginx",
        /// `Redirect` lines of Apache's mod_alias.
        Apache = "apache",
        /// A list for Cloudflare's Bulk Redirects.
        Cloudflare = "cloudflare",
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// Redirects.
    pub written: u64,
    /// Addresses that the format has no way to say.
    pub left_out: u64,
}

/// Writes redirects one by one.
pub struct Writer<'w> {
    format: Redirects,
    out: Out<'w>,
    count: Count,
}

enum Out<'w> {
    Table(Box<Table<'w>>),
    Cells(Box<csv::Writer<&'w mut dyn Write>>),
    Lines(&'w mut dyn Write),
}

const NGINX: &str = r#"# In the http block. Long addresses need `map_hash_bucket_size 512;` there, too.
# In the server block: if ($deskferry_moved) { return 301 $deskferry_moved; }
map $request_uri $deskferry_page {
    "~^(/[^?#]*)" $1;
}
map $host$deskferry_page $deskferry_moved {
    default "";
"#;

const APACHE: &str = "\
# For the virtual host of the old address; needs mod_alias.
";

impl<'w> Writer<'w> {
    /// Begins.
    pub fn new(format: Redirects, out: &'w mut dyn Write) -> Result<Self> {
        let out = match format {
            Redirects::Csv => Out::Table(Box::new(Table::new(
                out,
                &["kind", "id", "locale", "old", "new"],
            )?)),
            Redirects::Cloudflare => Out::Cells(Box::new(
                csv::WriterBuilder::new()
                    .has_headers(false)
                    .from_writer(out),
            )),
            Redirects::Json => {
                out.write_all(b"[").map_err(disk)?;
                Out::Lines(out)
            }
            Redirects::Nginx => {
                out.write_all(NGINX.as_bytes()).map_err(disk)?;
                Out::Lines(out)
            }
            Redirects::Apache => {
                out.write_all(APACHE.as_bytes()).map_err(disk)?;
                Out::Lines(out)
            }
        };
        Ok(Writer {
            format,
            out,
            count: Count::default(),
        })
    }

    /// One redirect.
    pub fn add(&mut self, moved: &Moved) -> Result<()> {
        let written = match &mut self.out {
            Out::Table(table) => {
                let locale = moved.locale.as_deref().unwrap_or_default();
                table.row(&[moved.kind.name(), &moved.id, locale, &moved.old, &moved.new])?;
                true
            }
            Out::Cells(cells) => match cloudflare(&moved.old, &moved.new) {
                Some(row) => {
                    cells.write_record(row.iter()).map_err(unwritten)?;
                    true
                }
                None => false,
            },
            Out::Lines(out) => {
                let line = match self.format {
                    Redirects::Nginx => nginx(&moved.old, &moved.new),
                    Redirects::Apache => apache(&moved.old, &moved.new),
                    _ => {
                        let comma = if self.count.written > 0 { "," } else { "" };
                        let json = serde_json::to_string(moved).map_err(|cause| {
                            Error::local("an address has no JSON").caused_by(cause)
                        })?;
                        Some(format!("{comma}\n  {json}"))
                    }
                };
                if let Some(line) = &line {
                    out.write_all(line.as_bytes()).map_err(disk)?;
                }
                line.is_some()
            }
        };
        match written {
            true => self.count.written += 1,
            false => self.count.left_out += 1,
        }
        Ok(())
    }

    /// Ends.
    pub fn finish(self) -> Result<Count> {
        match self.out {
            Out::Table(table) => table.finish()?,
            Out::Cells(mut cells) => cells.flush().map_err(disk)?,
            Out::Lines(out) => {
                let end: &[u8] = match self.format {
                    Redirects::Json => b"\n]\n",
                    Redirects::Nginx => b"}\n",
                    _ => b"",
                };
                out.write_all(end).map_err(disk)?;
            }
        }
        Ok(self.count)
    }
}

fn unwritten(cause: csv::Error) -> Error {
    Error::local("a line cannot be written").caused_by(cause)
}

/// An address of the web, in the one form that a parser gives it: without
/// control characters, spaces, quotes, line ends.
fn parsed(address: &str) -> Option<Url> {
    let mut url = Url::parse(address).ok()?;
    url.set_fragment(None);
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The new address for a configuration in which `$` begins a variable.
fn destination(address: &str) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let fragment = url.fragment().map(str::to_owned);
    url.set_fragment(fragment.as_deref());
    Some(url.as_str().replace('$', "%24"))
}

/// A word in double quotes, as nginx and Apache read them.
fn quoted(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    word.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            word.push('\\');
        }
        word.push(c);
    }
    word.push('"');
    word
}

/// `    "help.example.com/hc/en-us/articles/1" "https://new.example.com/…";`
///
/// The host in front keeps a key from being taken for a pattern or for one of
/// the words that mean something in a `map`.
fn nginx(old: &str, new: &str) -> Option<String> {
    let old = parsed(old)?;
    // The page is looked up without its query.
    if old.query().is_some() {
        return None;
    }
    let key = format!("{}{}", old.host_str()?, old.path());
    Some(format!(
        "    {} {};\n",
        quoted(&key),
        quoted(&destination(new)?)
    ))
}

/// `Redirect 301 "/hc/en-us/articles/1" "https://new.example.com/…"`
///
/// Apache compares with the decoded path, and reads `${…}` and `%{…}` wherever
/// they stand.
fn apache(old: &str, new: &str) -> Option<String> {
    let old = parsed(old)?;
    let path: Cow<'_, str> = percent_decode_str(old.path()).decode_utf8().ok()?;
    let odd = path.chars().any(char::is_control) || path.contains("${") || path.contains("%{");
    // A redirect of `/` would be one of everything.
    if old.query().is_some() || odd || path.len() < 2 || path.ends_with('\\') {
        return None;
    }
    Some(format!(
        "Redirect 301 {} {}\n",
        quoted(&path),
        quoted(&destination(new)?)
    ))
}

/// Source, target, status, and what else a row of a Bulk Redirect List says:
/// preserve the query string, subdomains, subpaths, path suffix.
fn cloudflare(old: &str, new: &str) -> Option<[String; 7]> {
    let old = parsed(old)?;
    if old.query().is_some() {
        return None;
    }
    let port = old
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    // Without a scheme it is for both.
    let source = format!("{}{port}{}", old.host_str()?, old.path());
    let no = || "FALSE".to_owned();
    Some([
        source,
        destination(new)?,
        "301".into(),
        no(),
        no(),
        no(),
        no(),
    ])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::Kind;

    fn moved(old: &str, new: &str) -> Moved {
        Moved {
            kind: Kind::Article,
            id: "1".into(),
            locale: Some("en-us".into()),
            old: old.into(),
            new: new.into(),
        }
    }

    fn written(format: Redirects, all: &[Moved]) -> (String, Count) {
        let mut out: Vec<u8> = Vec::new();
        let mut writer = Writer::new(format, &mut out).unwrap();
        for one in all {
            writer.add(one).unwrap();
        }
        let count = writer.finish().unwrap();
        (String::from_utf8(out).unwrap(), count)
    }

    const OLD: &str = "https://help.example.com/hc/de/articles/1-Stra%C3%9Fe";
    const NEW: &str = "https://new.example.com/support/solutions/articles/7";

    #[test]
    fn each_format_says_it_in_its_own_way() {
        let all = [moved(OLD, NEW)];
        insta::assert_snapshot!(written(Redirects::Csv, &all).0, @r"
        kind,id,locale,old,new
        article,1,en-us,https://help.example.com/hc/de/articles/1-Stra%C3%9Fe,https://new.example.com/support/solutions/articles/7
        ");
        insta::assert_snapshot!(written(Redirects::Json, &all).0, @r#"
        [
          {"kind":"article","id":"1","locale":"en-us","old":"https://help.example.com/hc/de/articles/1-Stra%C3%9Fe","new":"https://new.example.com/support/solutions/articles/7"}
        ]
        "#);
        assert!(written(Redirects::Nginx, &all).0.ends_with(
            "    default \"\";\n    \"help.example.com/hc/de/articles/1-Stra%C3%9Fe\" \"https://new.example.com/support/solutions/articles/7\";\n}\n"
        ));
        assert!(written(Redirects::Apache, &all).0.ends_with(
            "\nRedirect 301 \"/hc/de/articles/1-Straße\" \"https://new.example.com/support/solutions/articles/7\"\n"
        ));
        assert_eq!(
            written(Redirects::Cloudflare, &all).0,
            "help.example.com/hc/de/articles/1-Stra%C3%9Fe,https://new.example.com/support/solutions/articles/7,301,FALSE,FALSE,FALSE,FALSE\n"
        );
        assert_eq!(written(Redirects::Json, &[]).0, "[\n]\n");
    }

    #[test]
    fn what_a_format_cannot_say_is_counted() {
        let page = moved("https://rt.example.com/Ticket/Display.html?id=3", NEW);
        for format in Redirects::ALL {
            let left_out = match format {
                Redirects::Csv | Redirects::Json => 0,
                _ => 1,
            };
            let (_, count) = written(*format, std::slice::from_ref(&page));
            assert_eq!(
                (count.left_out, count.written),
                (left_out, 1 - left_out),
                "{format}"
            );
        }
        for bad in [
            "https://a.test/${HOME}",
            "https://a.test/%0aRedirect",
            "https://a.test/",
            "ftp://a.test/x",
        ] {
            assert_eq!(apache(bad, NEW), None, "{bad}");
        }
    }

    /// The words of a line, as nginx and Apache cut it; `None` when a quote is open.
    fn words(line: &str) -> Option<Vec<String>> {
        let mut words = Vec::new();
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                ' ' => {}
                '"' => {
                    let mut word = String::new();
                    loop {
                        match rest.next()? {
                            '\\' => word.push(rest.next()?),
                            '"' => break,
                            c => word.push(c),
                        }
                    }
                    words.push(word);
                }
                c => {
                    let mut word = c.to_string();
                    while let Some(c) = rest.next_if(|c| !matches!(c, ' ' | '"')) {
                        word.push(c);
                    }
                    words.push(word);
                }
            }
        }
        Some(words)
    }

    fn path() -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,30}",
            r#"[a-z"'\\;{}$%#?&=,<>|`()\[\]~ ]{0,30}"#,
            "(%0a|%0d|%22|%5c|%00|\\$\\{a\\}|%7b|\n|\r|\t|\"|;|/){0,10}",
        ]
    }

    proptest! {
        /// A line stays one line of exactly its own words, whatever stands in an address.
        #[test]
        fn nothing_breaks_out_of_a_rule(old in path(), new in path()) {
            let (old, new) = (format!("https://old.test/{old}"), format!("https://new.test/{new}"));
            if let Some(line) = nginx(&old, &new) {
                let line = line.strip_suffix(";\n").unwrap();
                prop_assert!(!line.contains(['\n', '\r', '\0']));
                let words = words(line).unwrap();
                prop_assert_eq!(words.len(), 2, "{}", line);
                prop_assert!(words[0].starts_with("old.test/"));
                prop_assert!(words[1].starts_with("https://new.test/") && !words[1].contains('$'));
            }
            if let Some(line) = apache(&old, &new) {
                let line = line.strip_suffix('\n').unwrap();
                prop_assert!(!line.contains(|c: char| c.is_control()));
                let words = words(line).unwrap();
                prop_assert_eq!(words.len(), 4, "{}", line);
                prop_assert_eq!(&words[..2], ["Redirect", "301"]);
                let variable = words[2].contains("${");
                prop_assert!(words[2].starts_with('/') && !variable);
                prop_assert!(words[3].starts_with("https://new.test/") && !words[3].contains('$'));
            }
            for format in [Redirects::Csv, Redirects::Cloudflare] {
                let (text, count) = written(format, &[moved(&old, &new)]);
                let mut reader = csv::ReaderBuilder::new()
                    .has_headers(format == Redirects::Csv)
                    .from_reader(text.as_bytes());
                let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
                prop_assert_eq!(rows.len() as u64, count.written);
                for row in rows {
                    prop_assert!(row.iter().all(|cell| !crate::connector::text::is_formula(cell)));
                }
            }
            let (text, _) = written(Redirects::Json, &[moved(&old, &new)]);
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read[0]["old"].as_str(), Some(old.as_str()));
        }

        /// An address of the web that a rule is made of is found by it.
        #[test]
        fn a_rule_is_for_the_address_that_it_was_made_of(name in "[a-zA-Zäß0-9 ._~-]{1,20}") {
            let url = Url::parse(&format!("https://old.test/hc/{name}/x")).unwrap();
            let line = nginx(url.as_str(), NEW).unwrap();
            let key = words(line.trim_end_matches(";\n")).unwrap().remove(0);
            prop_assert_eq!(key, format!("old.test{}", url.path()));
            let line = apache(url.as_str(), NEW).unwrap();
            let path = words(line.trim_end()).unwrap().remove(2);
            prop_assert_eq!(path.as_str(), &*percent_decode_str(url.path()).decode_utf8().unwrap());
        }
    }
}
