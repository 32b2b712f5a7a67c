//! Addresses and numbers in a text. What is found is rather too much than too
//! little, apart from what is certainly something else: parts of addresses of
//! pages, dates, numbers that a letter or `#` begins.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Sort;

/// Letters of scripts that put blanks between words: in others an address
/// would take its whole sentence along.
const LETTER: &str = r"\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}\p{Hebrew}\p{Arabic}0-9";

/// With `@` as texts, addresses of pages and markup write it.
#[allow(clippy::unwrap_used)] // written here, and compiled by a test
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(
        r"(?i)[{LETTER}_][{LETTER}_.%+'’\-]*(?:@|%40|&#64;|&#x40;|&commat;)[{LETTER}][{LETTER}\-]*(?:\.[{LETTER}\-]+)*\.[{LETTER}][{LETTER}\-]*[{LETTER}]"
    );
    Regex::new(&pattern).unwrap()
});

/// Digits in groups, with or without a country's prefix.
#[allow(clippy::unwrap_used)] // as above
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\+?\(?\d(?:[\d\-./ ()\u{a0}\u{202f}\u{2011}\u{2013}]|&nbsp;|&#160;){5,}\d")
        .unwrap()
});

/// Addresses of pages, also those without a host in markup, and of images
/// inside of a mail.
#[allow(clippy::unwrap_used)] // as above
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:https?://|cid:|\b(?:src|href|poster)\s*=\s*["']?/)[^\s"'<>]+"#).unwrap()
});

/// What stands before a telephone number in the address of a page.
#[allow(clippy::unwrap_used)] // as above
static CALLS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:wa\.me/|(?:phone|tel|mobile|msisdn)=)(?:\+|%2b)?$").unwrap()
});

/// Ends of names of files that are no domains.
const FILES: &[&str] = &[
    "aac", "avi", "bmp", "csv", "doc", "docx", "eml", "exe", "gif", "heic", "htm", "html", "ics",
    "jpeg", "jpg", "js", "json", "log", "m4a", "mkv", "mov", "mp3", "mp4", "msg", "odt", "ogg",
    "pdf", "php", "png", "ppt", "pptx", "rtf", "svg", "tif", "tiff", "txt", "vcf", "wav", "webm",
    "webp", "xls", "xlsx", "xml", "zip",
];

/// Something personal at a place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub at: Range<usize>,
    pub sort: Sort,
}

/// Addresses of pages, whose numbers are no telephone's.
pub(super) fn addresses(text: &str) -> Vec<Range<usize>> {
    match text.contains('/') || text.contains(':') {
        true => ADDRESS.find_iter(text).map(|found| found.range()).collect(),
        false => Vec::new(),
    }
}

/// Email addresses. Those of images inside of a mail (`cid:`) are none.
pub(super) fn emails(text: &str, pages: &[Range<usize>]) -> Vec<Found> {
    if !text.contains('@') && !text.contains("%40") && !text.contains('&') {
        return Vec::new();
    }
    EMAIL
        .find_iter(text)
        .filter(|found| !within(pages, found.start(), text).starts_with("cid:"))
        .filter_map(|found| {
            let end = found.start() + without_file(found.as_str())?.len();
            let at = found.start()..end;
            Some(Found {
                at,
                sort: Sort::Email,
            })
        })
        .collect()
}

/// The address of the page that this place is in.
fn within<'t>(pages: &[Range<usize>], at: usize, text: &'t str) -> &'t str {
    let found = pages.iter().find(|page| page.contains(&at));
    found.map_or("", |page| &text[page.clone()])
}

/// `ada@example.com` of `ada@example.com.pdf`, nothing of `logo@2x.png`.
fn without_file(email: &str) -> Option<&str> {
    let (front, last) = email.rsplit_once('.')?;
    let file = FILES.contains(&last.to_lowercase().as_str());
    let front = front.trim_end_matches('.');
    match (file, domain(front).contains('.')) {
        (false, _) => Some(email),
        (true, true) => Some(front),
        (true, false) => None,
    }
}

fn domain(email: &str) -> &str {
    ["@", "%40", "&#64;", "&#x40;", "&commat;"]
        .iter()
        .find_map(|sign| email.split_once(sign))
        .map_or("", |(_, domain)| domain)
}

/// Telephone and card numbers.
pub(super) fn numbers(text: &str, pages: &[Range<usize>]) -> Vec<Found> {
    let mut all = Vec::new();
    for found in NUMBER.find_iter(text) {
        let (start, end) = (found.start(), found.end());
        if pages.iter().any(|page| page.contains(&start)) && !CALLS.is_match(&text[..start]) {
            continue;
        }
        if is_part(&text[..start], found.as_str(), &text[end..]) {
            continue;
        }
        split(text, start..end, &mut all);
    }
    all
}

/// Part of a word or of a number with a name: `ORD-1234567`, `#1234567`.
fn is_part(before: &str, number: &str, after: &str) -> bool {
    let mut back = before.chars().rev();
    let part = match back.next() {
        _ if number.starts_with('+') => false,
        Some('#' | '_') => true,
        Some('-') => back.next().is_some_and(char::is_alphabetic),
        Some(c) => c.is_alphabetic() && !number.starts_with('('),
        None => false,
    };
    let mut ahead = after.chars();
    part || ahead
        .next()
        .is_some_and(|c| c == '_' || c.is_alphabetic() && c.is_ascii())
}

/// Takes a run of groups apart: dates stand between numbers, and two numbers
/// side by side are two.
fn split(text: &str, run: Range<usize>, all: &mut Vec<Found>) {
    let groups = groups(text, run);
    let mut first = 0;
    while first < groups.len() {
        if is_date(&text[groups[first].clone()]) {
            first += 1;
            continue;
        }
        let until = groups[first..]
            .iter()
            .position(|group| is_date(&text[group.clone()]))
            .map_or(groups.len(), |at| first + at);
        let segment = &groups[first..until];
        let mut taken = 0;
        let begun = all.len();
        while taken < segment.len() {
            // The longest that makes one; four by four without a right check digit is none.
            let mut length = 1;
            for many in (1..=segment.len() - taken).rev() {
                let number = &segment[taken..taken + many];
                let at = number[0].start..number[many - 1].end;
                if let Some(sort) = sort_of(&text[at.clone()]) {
                    all.push(Found { at, sort });
                    length = many;
                    break;
                }
                if is_account(number, text) {
                    length = many;
                    break;
                }
            }
            taken += length;
        }
        swallow(text, segment, &mut all[begun..]);
        first = until;
    }
}

/// The end of a number is not left over: `030 901820 030 901821` makes one
/// and a half.
fn swallow(text: &str, segment: &[Range<usize>], found: &mut [Found]) {
    let (Some(last), Some(end)) = (found.last_mut(), segment.last()) else {
        return;
    };
    if last.at.end < end.end && digits(&text[last.at.end..end.end]).len() >= 4 {
        last.at.end = end.end;
    }
}

/// The groups of a run, without what stands between them.
fn groups(text: &str, run: Range<usize>) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut start = None;
    let mut at = run.start;
    while at < run.end {
        let rest = &text[at..run.end];
        let blank = [" ", "\u{a0}", "\u{202f}", "&nbsp;", "&#160;"]
            .iter()
            .find(|blank| rest.starts_with(**blank));
        match blank {
            Some(blank) => {
                if let Some(start) = start.take() {
                    groups.push(start..at);
                }
                at += blank.len();
            }
            None => {
                start.get_or_insert(at);
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
    }
    if let Some(start) = start {
        groups.push(start..run.end);
    }
    // A dash alone is no group.
    groups.retain(|group| text[group.clone()].contains(|c: char| c.is_ascii_digit()));
    groups
}

/// Sixteen digits, four by four.
fn is_account(groups: &[Range<usize>], text: &str) -> bool {
    groups.len() == 4
        && groups.iter().all(|group| {
            group.len() == 4 && text[group.clone()].bytes().all(|b| b.is_ascii_digit())
        })
}

/// What a number is.
fn sort_of(number: &str) -> Option<Sort> {
    let digits = digits(number);
    match digits.len() {
        14..=19 if is_card(&digits) && !number.starts_with('+') && !is_moment(&digits) => {
            Some(Sort::Card)
        }
        7..=15 if !is_date(number) && !is_moment(number) && !is_machine(number) => {
            Some(Sort::Phone)
        }
        _ => None,
    }
}

/// The digits alone.
pub(super) fn digits(number: &str) -> String {
    number
        .replace("&#160;", " ")
        .chars()
        .filter(char::is_ascii_digit)
        .collect()
}

/// `2024-03-01` and the like.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text
        .split(['-', '.', '/', '\u{2011}', '\u{2013}'])
        .collect();
    let [first, middle, last] = parts.as_slice() else {
        return false;
    };
    let year = |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    let short = |part: &str| {
        (1..=2).contains(&part.len()) && part.parse::<u8>().is_ok_and(|number| number <= 31)
    };
    (year(first) && short(middle) && short(last)) || (short(first) && short(middle) && year(last))
}

/// `20240301` or `20240301101500`.
fn is_moment(digits: &str) -> bool {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let in_range = |at: Range<usize>, low: u8, high: u8| {
        let part = digits.get(at).and_then(|part| part.parse::<u8>().ok());
        part.is_some_and(|number| (low..=high).contains(&number))
    };
    plain
        && matches!(digits.len(), 8 | 12 | 14)
        && in_range(0..2, 19, 20)
        && in_range(4..6, 1, 12)
        && in_range(6..8, 1, 31)
        && (digits.len() == 8 || (in_range(8..10, 0, 23) && in_range(10..12, 0, 59)))
}

/// `192.168.100.200`
fn is_machine(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

/// A card number: a right check digit behind what a network's numbers begin with.
pub(super) fn is_card(digits: &str) -> bool {
    let begins = |all: &[&str]| all.iter().any(|one| digits.starts_with(one));
    let known = match digits.len() {
        14 => begins(&["30", "36", "38", "39"]),
        15 => begins(&["34", "37", "1800", "2131"]),
        16..=19 => begins(&["2", "3", "4", "5", "6", "8", "9"]),
        _ => false,
    };
    known && luhn(digits)
}

/// The check digit of card numbers.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            match (at % 2, digit * 2) {
                (0, _) => digit,
                (_, doubled) if doubled > 9 => doubled - 9,
                (_, doubled) => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn all(text: &str) -> Vec<(&'static str, &str)> {
        let pages = addresses(text);
        let mut found = emails(text, &pages);
        found.extend(numbers(text, &pages));
        let show = |found: Found| (found.sort.name(), &text[found.at]);
        found.into_iter().map(show).collect()
    }

    #[rstest]
    #[case("write to Ada@Example.com.", &["Ada@Example.com"])]
    #[case("<a href='mailto:o'brien@example.com'>", &["o'brien@example.com"])]
    #[case("https://example.test/?email=ada%40example.com&x=1", &["ada%40example.com"])]
    #[case("ada&#64;example.com", &["ada&#64;example.com"])]
    #[case("ada@bücher.example", &["ada@bücher.example"])]
    #[case("请联系ada@example.com谢谢", &["ada@example.com"])]
    #[case("ada@example.com.pdf", &["ada@example.com"])]
    #[case("logo@2x.png and pkg@1.2.3", &[])]
    #[case("<img src=\"cid:ii_abc@mail.example.com\">", &[])]
    #[case("ada@localhost, @ada, a @ b.com", &[])]
    fn emails_in_texts(#[case] text: &str, #[case] expected: &[&str]) {
        let found: Vec<&str> = all(text).into_iter().map(|(_, found)| found).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[rstest]
    #[case("+49 30 901820", &[("phones", "+49 30 901820")])]
    #[case("+49&nbsp;30&nbsp;901820", &[("phones", "+49&nbsp;30&nbsp;901820")])]
    #[case("call 030/901820 or (030) 901821", &[("phones", "030/901820"), ("phones", "(030) 901821")])]
    #[case("on 2024-03-01 030 901820", &[("phones", "030 901820")])]
    #[case("01.03.2024 030-901820", &[("phones", "030-901820")])]
    #[case("4111 1111 1111 1111", &[("cards", "4111 1111 1111 1111")])]
    #[case("4111-1111-1111-1111", &[("cards", "4111-1111-1111-1111")])]
    #[case("4111 1111 1111 1112", &[])]
    #[case("4111 1111 1111 1111 5500 0000 0000 0004", &[("cards", "4111 1111 1111 1111"), ("cards", "5500 0000 0000 0004")])]
    #[case("378282246310005", &[("cards", "378282246310005")])]
    #[case("ORD-1234567 #1234567 INV1234567 x_1234567 1234567kg", &[])]
    #[case("192.168.100.200 20240301101500 20240301 2024-03-01", &[])]
    #[case("https://desk.example.com/tickets/360000001001", &[])]
    #[case("https://wa.me/4915112345678", &[("phones", "4915112345678")])]
    #[case("tel:+493090182000", &[("phones", "+493090182000")])]
    #[case("room 12, 99 bottles, 123456", &[])]
    #[case("030 901820 030 901821", &[("phones", "030 901820 030 901821")])]
    #[case("4111 1111 1111 1111 12/27", &[("cards", "4111 1111 1111 1111 12/27")])]
    fn numbers_in_texts(#[case] text: &str, #[case] expected: &[(&str, &str)]) {
        assert_eq!(all(text), expected, "{text}");
    }
}
