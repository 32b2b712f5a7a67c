//! Addresses and numbers in a text. What is found is rather too much than too
//! little, apart from what is certainly something else: parts of addresses of
//! pages, dates, numbers that a letter or `#` begins. What stands beside one of
//! those is looked at by itself.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Sort;

/// Scripts that put blanks between words: in others an address would take its
/// whole sentence along, and a number follows its word at once.
const SCRIPTS: &str = r"\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}\p{Hebrew}\p{Arabic}";

#[allow(clippy::unwrap_used)] // written here, and compiled by a test
static LETTER: LazyLock<Regex> = LazyLock::new(|| Regex::new(&format!("^[{SCRIPTS}]$")).unwrap());

/// With `@` as texts, addresses of pages and markup write it.
#[allow(clippy::unwrap_used)] // as above
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    let one = format!("{SCRIPTS}0-9");
    let pattern = format!(
        r"(?i)[{one}_][{one}_.%+'’\-]*(?:@|%40|&#64;|&#x40;|&commat;)[{one}][{one}\-]*(?:\.[{one}\-]+)*\.[{one}][{one}\-]*[{one}]"
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

/// What stands right before a telephone number although it is a word.
#[allow(clippy::unwrap_used)] // as above
static TELEPHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:tel|fon|fono|phone|mobile?|m[oó]vil|cel|cell|fax|whatsapp)-?$").unwrap()
});

/// Another telephone behind the same number.
#[allow(clippy::unwrap_used)] // as above
static EXTENSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:x|[ ,;]{0,2}ext(?:n|ension)?[.:=]?[ \u{a0}]?)\d{1,7}").unwrap()
});

/// Ends of names of files.
const FILES: &[&str] = &[
    "aac", "avi", "bmp", "csv", "doc", "docx", "eml", "exe", "gif", "heic", "htm", "html", "ics",
    "jpeg", "jpg", "js", "json", "log", "m4a", "mkv", "mov", "mp3", "mp4", "msg", "odt", "ogg",
    "pdf", "php", "png", "ppt", "pptx", "rtf", "svg", "tif", "tiff", "txt", "vcf", "wav", "webm",
    "webp", "xls", "xlsx", "xml", "zip",
];

/// Those of them that people have addresses in, too.
const DOMAINS: &[&str] = &["mov", "zip"];

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
    let last = last.to_lowercase();
    let front = front.trim_end_matches('.');
    match domain(front).contains('.') {
        _ if !FILES.contains(&last.as_str()) => Some(email),
        true => Some(front),
        false if DOMAINS.contains(&last.as_str()) => Some(email),
        false => None,
    }
}

fn domain(email: &str) -> &str {
    ["@", "%40", "&#64;", "&#x40;", "&commat;"]
        .iter()
        .find_map(|sign| email.split_once(sign))
        .map_or("", |(_, domain)| domain)
}

/// Telephone and card numbers beside what is `taken` already, in the order of
/// its places.
pub(super) fn numbers(text: &str, pages: &[Range<usize>], taken: &[Range<usize>]) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    let mut taken = taken;
    for found in NUMBER.find_iter(text) {
        // An extension may be the beginning of what looks like another number.
        let done = all.last().map_or(0, |last| last.at.end);
        let whole = found.start().max(done)..found.end();
        let page = pages
            .iter()
            .find(|page| page.contains(&whole.start))
            .filter(|page| !CALLS.is_match(&text[page.start..whole.start]));
        let whole = page.map_or(whole.start, |page| page.end)..whole.end;
        if whole.is_empty() {
            continue;
        }
        while taken.first().is_some_and(|first| first.end <= whole.start) {
            taken = &taken[1..];
        }
        for run in free(whole, taken) {
            let run = without_words(text, bare(text, run));
            let end = run.end;
            split(text, run, &mut all);
            if let Some(last) = all.last_mut()
                && last.at.end == end
                && let Some(more) = EXTENSION.find(&text[end..])
            {
                last.at.end += more.end();
            }
        }
    }
    all
}

/// A range without what is taken of it.
fn free(whole: Range<usize>, taken: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut free = Vec::new();
    let mut at = whole.start;
    for one in taken.iter().take_while(|one| one.start < whole.end) {
        if one.start > at {
            free.push(at..one.start);
        }
        at = at.max(one.end);
    }
    if at < whole.end {
        free.push(at..whole.end);
    }
    free
}

/// A run without what stood between it and what was taken.
fn bare(text: &str, run: Range<usize>) -> Range<usize> {
    let between: &[char] = &[
        ' ', '-', '.', '/', '\u{a0}', '\u{202f}', '\u{2011}', '\u{2013}',
    ];
    let number = text[run.clone()].trim_end_matches(between);
    let end = run.start + number.len();
    end - number.trim_start_matches(between).len()..end
}

/// A run without its ends where those are parts of words: `B12 030 901820 3pm`.
/// `ORD-1234567` and `1234567kg` have nothing else.
fn without_words(text: &str, run: Range<usize>) -> Range<usize> {
    let mut run = run;
    if is_begun(&text[..run.start], &text[run.clone()]) {
        let blank = |c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '&');
        run.start = text[run.clone()]
            .find(blank)
            .map_or(run.end, |at| run.start + at);
    }
    if goes_on(&text[run.end..]) {
        let between = |c: char| !c.is_ascii_digit() && !matches!(c, '-' | '\u{2011}');
        let number = &text[run.clone()];
        let left = number.rfind(between).unwrap_or(0);
        // What has the prefix of a country is a telephone's, whatever follows.
        if !number.starts_with('+') || digits(&number[..left]).len() >= 7 {
            run.end = run.start + left;
        }
    }
    run
}

/// A word begins before the number: `ORD-1234567`, `#1234567`.
fn is_begun(before: &str, number: &str) -> bool {
    if number.starts_with(['+', '(']) {
        return false;
    }
    let mut back = before.chars().rev();
    match back.next() {
        Some('#') => true,
        // Alone it is markup.
        Some('_') => back.next().is_some_and(char::is_alphanumeric),
        Some('-') => back.next().is_some_and(is_letter) && !is_telephone(before),
        Some(c) => is_letter(c) && !is_telephone(before),
        None => false,
    }
}

/// A word goes on behind the number: `1234567kg`.
fn goes_on(after: &str) -> bool {
    let mut ahead = after.chars();
    match ahead.next() {
        Some('_') => ahead.next().is_some_and(char::is_alphanumeric),
        Some(c) => c.is_ascii_alphabetic() && !EXTENSION.is_match(after),
        None => false,
    }
}

fn is_letter(c: char) -> bool {
    LETTER.is_match(c.encode_utf8(&mut [0; 4]))
}

fn is_telephone(before: &str) -> bool {
    let word = before.char_indices().rev().take(12).last();
    word.is_some_and(|(at, _)| TELEPHONE.is_match(&before[at..]))
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
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn all(text: &str) -> Vec<(&'static str, &str)> {
        let pages = addresses(text);
        let mut found = emails(text, &pages);
        let mut taken: Vec<_> = found.iter().map(|found| found.at.clone()).collect();
        taken.sort_by_key(|at| at.start);
        found.extend(numbers(text, &pages, &taken));
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
    #[case("ada@example.com.zip", &["ada@example.com"])]
    #[case("ada@example.zip or bo@example.mov", &["ada@example.zip", "bo@example.mov"])]
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
    #[case("+49 30 901820 3pm", &[("phones", "+49 30 901820")])]
    #[case("0151 2345678 17Uhr", &[("phones", "0151 2345678")])]
    #[case("030 901820/3pm", &[("phones", "030 901820")])]
    #[case("+1 555 123 4567 4th floor", &[("phones", "+1 555 123 4567")])]
    #[case("+4930901820Uhr", &[("phones", "+4930901820")])]
    #[case("555-123-4567x89", &[("phones", "555-123-4567x89")])]
    #[case("555-123-4567 ext. 89 030 901820", &[("phones", "555-123-4567 ext. 89"), ("phones", "030 901820")])]
    #[case("#12 030 901820", &[("phones", "030 901820")])]
    #[case("B12 030 901820", &[("phones", "030 901820")])]
    #[case("B12&nbsp;030&nbsp;901820", &[("phones", "030&nbsp;901820")])]
    #[case("#1234567 030 901820 1234567kg", &[("phones", "030 901820")])]
    #[case("_030 901820_", &[("phones", "030 901820")])]
    #[case("Tel030 901820", &[("phones", "030 901820")])]
    #[case("电话13800138000", &[("phones", "13800138000")])]
    #[case("電話03-1234-5678", &[("phones", "03-1234-5678")])]
    #[case("https://desk.example.com/tickets/360000001001 030 901820", &[("phones", "030 901820")])]
    #[case("030 901820 123@example.com", &[("emails", "123@example.com"), ("phones", "030 901820")])]
    #[case("INV2024-1234567 RE-2024-1234567 1234567-12a", &[])]
    #[case("4111 1111 1111 1111 12/27", &[("cards", "4111 1111 1111 1111 12/27")])]
    fn numbers_in_texts(#[case] text: &str, #[case] expected: &[(&str, &str)]) {
        assert_eq!(all(text), expected, "{text}");
    }

    /// Numbers as people write them.
    fn a_number() -> impl Strategy<Value = String> {
        const WAYS: &[&str] = &[
            "0dd dddddd",
            "0ddd/ddddddd",
            "(0dd) ddd ddd d",
            "+4d dd dddddd",
            "00dd-ddd-dddddd",
            "+1 (555) ddd-dddd",
            "555.ddd.dddd",
            "13ddddddddd",
            "0d-dddd-dddd",
        ];
        let ways = prop::sample::select(WAYS);
        (ways, prop::collection::vec(0_u8..10, 12)).prop_map(|(way, digits)| {
            let mut digits = digits.into_iter();
            let digit = |c| match c {
                'd' => digits.next().map_or('0', |digit| char::from(b'0' + digit)),
                c => c,
            };
            way.chars().map(digit).collect()
        })
    }

    proptest! {
        #[test]
        fn a_number_is_found_whatever_stands_beside_it(
            before in "(\\PC{0,12}[ \n]|[\\p{L}\\p{P}--[#]]{0,8}[.:,;>\"] ?|(#|[A-Z]{1,3}-?)?[0-9]{1,2}[a-z]{0,2}( |&nbsp;|\u{a0})|[一-龥ぁ-んァ-ヶ]{0,6}|<p>)",
            number in a_number(),
            after in "([ \n<]\\PC{0,12}|[.,;:!?)\"][\\p{L}\\p{P}]{0,8}|( |&nbsp;|/|\u{a0})[0-9]{1,2}([A-Z]?[a-z]{1,4}|\\.)|[一-龥ぁ-んァ-ヶ]{0,6}|x[0-9]{1,4})",
        ) {
            let text = format!("{before}{number}{after}");
            let mut left = text.clone();
            let found = numbers(&text, &addresses(&text), &[]);
            for found in found.iter().rev() {
                left.replace_range(found.at.clone(), "…");
            }
            let last: Vec<_> = number.split(|c: char| !c.is_ascii_digit()).collect();
            let last = last[last.len() - 1];
            prop_assert!(!left.contains(&number), "{text}: {left}");
            prop_assert!(last.len() < 4 || !left.contains(last), "{text}: {left}");
        }
    }
}
