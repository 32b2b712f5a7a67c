//! One form for each address, however it was typed: for comparing, for looking
//! up, and for targets that demand it. The original stays what is moved.

use std::str::FromStr;

use crate::schema::{Identity, IdentityKind};

/// How addresses are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Country of numbers without one: `DE`.
    pub country: Option<String>,
    /// `ada+shop@example.com` is `ada@example.com`.
    pub plus_tags: bool,
}

/// The form that equal addresses share, with its kind: `email:ada@example.com`.
/// `None` for what is no such address: it equals nothing but itself.
pub fn normal(identity: &Identity, rules: &Rules) -> Option<String> {
    let value = identity.value.as_str();
    match identity.kind {
        IdentityKind::Email => email(value, rules.plus_tags).map(|email| format!("email:{email}")),
        IdentityKind::Phone | IdentityKind::Mobile | IdentityKind::Sms => {
            phone(value, rules.country.as_deref()).map(|phone| format!("phone:{phone}"))
        }
        // A number there too, yet an account of its own: not everybody who
        // shares a telephone shares it.
        IdentityKind::Whatsapp => {
            phone(value, rules.country.as_deref()).map(|phone| format!("whatsapp:{phone}"))
        }
        kind => handle(kind, value).map(|handle| format!("{kind}:{handle}")),
    }
}

/// Whether a platform that checks email addresses takes this one: a name, one
/// `@`, a domain with a dot, no blanks. `root@localhost` is none.
pub fn well_formed(email: &str) -> bool {
    let Some((name, domain)) = email.split_once('@') else {
        return false;
    };
    let dotted = domain
        .trim_end_matches('.')
        .split_once('.')
        .is_some_and(|(first, rest)| !first.is_empty() && !rest.is_empty());
    !name.is_empty() && dotted && !domain.contains('@') && !email.chars().any(char::is_whitespace)
}

/// An email address in lower case, the domain as DNS writes it. Two addresses
/// that differ in case only have never been two people's.
pub fn email(text: &str, plus_tags: bool) -> Option<String> {
    let text = text.trim();
    let text = match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &text[7..],
        _ => text,
    };
    let text = match (text.rfind('<'), text.strip_suffix('>')) {
        (Some(open), Some(closed)) => &closed[open + 1..],
        _ => text,
    };
    let (local, domain) = text.trim().rsplit_once('@')?;
    if local.is_empty() || local.contains(['@', ' ', '<', '>', ',']) {
        return None;
    }
    let domain = domain.trim_end_matches('.');
    let domain = match url::Host::parse(domain) {
        Ok(url::Host::Domain(domain)) if !domain.is_empty() => domain.to_lowercase(),
        _ => return None,
    };
    let mut local = local.to_lowercase();
    if plus_tags
        && let Some((name, _)) = local.split_once('+')
        && !name.is_empty()
    {
        local.truncate(name.len());
    }
    Some(format!("{local}@{domain}"))
}

/// A telephone number as E.164 (`+4930901820`), with `;ext=` where it names an
/// extension. `None` for what is no possible number, and for one without a
/// country when none is given.
pub fn phone(text: &str, country: Option<&str>) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let country = country.and_then(|name| phonenumber::country::Id::from_str(name).ok());
    if country.is_none() && !text.starts_with('+') {
        return None;
    }
    let number = phonenumber::parse(country, text).ok()?;
    if !phonenumber::is_valid(&number) {
        return None;
    }
    let plain = number.format().mode(phonenumber::Mode::E164).to_string();
    // What follows the number is another telephone behind the same line.
    Some(match number.extension() {
        Some(extension) => {
            let plain = plain.split(";ext=").next().unwrap_or(&plain);
            format!("{plain};ext={extension}")
        }
        None => plain,
    })
}

/// Sites whose profile addresses are written for a handle.
const SITES: [&str; 9] = [
    "twitter.com/",
    "x.com/",
    "facebook.com/",
    "fb.com/",
    "instagram.com/",
    "t.me/",
    "telegram.me/",
    "m.me/",
    "line.me/ti/p/",
];

/// An account of a network, without `@` and without the network's address. In
/// lower case where the network makes no difference.
pub fn handle(kind: IdentityKind, text: &str) -> Option<String> {
    let mut handle = text.trim();
    let social = matches!(
        kind,
        IdentityKind::Twitter
            | IdentityKind::Facebook
            | IdentityKind::Instagram
            | IdentityKind::Telegram
    );
    if social || kind == IdentityKind::Line {
        for scheme in ["https://", "http://"] {
            handle = strip(handle, scheme).unwrap_or(handle);
        }
        for sub in ["www.", "m.", "mobile."] {
            handle = strip(handle, sub).unwrap_or(handle);
        }
        for site in SITES {
            if let Some(rest) = strip(handle, site) {
                handle = rest.split(['?', '#']).next().unwrap_or(rest);
                handle = handle.trim_end_matches('/');
            }
        }
        handle = handle.trim_start_matches(|c: char| matches!(c, '@' | '~') || c.is_whitespace());
    }
    match (handle.is_empty(), social) {
        (true, _) => None,
        (false, true) => Some(handle.to_lowercase()),
        (false, false) => Some(handle.to_owned()),
    }
}

/// `text` without this beginning, in whatever case.
fn strip<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    match text.get(..prefix.len()) {
        Some(start) if start.eq_ignore_ascii_case(prefix) => Some(&text[prefix.len()..]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[test]
    fn what_no_platform_takes_for_an_address_is_known_before() {
        for good in ["ada@example.com", "ada+shop@sub.example.com"] {
            assert!(well_formed(good), "{good}");
        }
        for bad in [
            "root@localhost",
            "ada",
            "@example.com",
            "a b@example.com",
            "a@b@c.example",
            "a@.",
            "a@.x",
        ] {
            assert!(!well_formed(bad), "{bad}");
        }
    }

    #[rstest]
    #[case("Ada@Example.COM", Some("ada@example.com"))]
    #[case(" <ada@example.com> ", Some("ada@example.com"))]
    #[case("Ada L. <ada@example.com>", Some("ada@example.com"))]
    #[case("MailTo:ada@example.com", Some("ada@example.com"))]
    #[case("ada@Bücher.example", Some("ada@xn--bcher-kva.example"))]
    #[case("ada@example.com.", Some("ada@example.com"))]
    #[case("ada+shop@example.com", Some("ada+shop@example.com"))]
    #[case("ada", None)]
    #[case("@example.com", None)]
    #[case("ada@", None)]
    #[case("ada@bo@example.com", None)]
    #[case("ada, bo@example.com", None)]
    #[case("ada@exa mple.com", None)]
    fn emails(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(email(text, false).as_deref(), expected);
    }

    #[test]
    fn tags_go_only_when_asked_and_never_the_whole_name() {
        assert_eq!(
            email("Ada+Shop+2@example.com", true).as_deref(),
            Some("ada@example.com")
        );
        assert_eq!(
            email("+ada@example.com", true).as_deref(),
            Some("+ada@example.com")
        );
    }

    #[rstest]
    #[case("+49 30 901820", None, Some("+4930901820"))]
    #[case("030 / 90 18 20", Some("DE"), Some("+4930901820"))]
    #[case("0049 30 901820", Some("DE"), Some("+4930901820"))]
    #[case("(201) 555-0123", Some("US"), Some("+12015550123"))]
    #[case("tel:+1-201-555-0123", None, Some("+12015550123"))]
    #[case("+1 201 555 0123 ext. 7", None, Some("+12015550123;ext=7"))]
    #[case("030 901820", None, None)]
    #[case("12", Some("DE"), None)]
    #[case("call me", Some("DE"), None)]
    #[case("", Some("DE"), None)]
    fn phones(#[case] text: &str, #[case] country: Option<&str>, #[case] expected: Option<&str>) {
        assert_eq!(phone(text, country).as_deref(), expected);
    }

    #[rstest]
    #[case(IdentityKind::Twitter, "@Lumen", Some("lumen"))]
    #[case(
        IdentityKind::Twitter,
        "https://www.twitter.com/Lumen?lang=de",
        Some("lumen")
    )]
    #[case(IdentityKind::Twitter, "HTTPS://X.com/lumen/", Some("lumen"))]
    #[case(IdentityKind::Telegram, "t.me/lumen", Some("lumen"))]
    #[case(IdentityKind::Facebook, "1009", Some("1009"))]
    #[case(IdentityKind::Login, "Ada", Some("Ada"))]
    #[case(IdentityKind::External, " CRM-1 ", Some("CRM-1"))]
    #[case(IdentityKind::Twitter, "@", None)]
    fn handles(#[case] kind: IdentityKind, #[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(handle(kind, text).as_deref(), expected);
    }

    #[test]
    fn kinds_of_telephones_are_one_and_accounts_are_not() {
        let rules = Rules {
            country: Some("DE".into()),
            plus_tags: false,
        };
        let normal = |kind, value: &str| normal(&Identity::new(kind, value), &rules);
        assert_eq!(
            normal(IdentityKind::Phone, "030 901820"),
            normal(IdentityKind::Mobile, "+4930901820")
        );
        assert_ne!(
            normal(IdentityKind::Phone, "+4930901820"),
            normal(IdentityKind::Whatsapp, "+4930901820")
        );
        assert_ne!(
            normal(IdentityKind::Twitter, "ada"),
            normal(IdentityKind::Instagram, "ada")
        );
    }

    proptest! {
        /// The normal form of a normal form is itself: an index made from either finds both.
        #[test]
        fn what_is_normal_stays_so(text in "\\PC{0,40}", plus_tags: bool) {
            if let Some(once) = email(&text, plus_tags) {
                prop_assert_eq!(email(&once, plus_tags), Some(once));
            }
            for country in [None, Some("DE"), Some("US")] {
                if let Some(once) = phone(&text, country) {
                    prop_assert_eq!(phone(&once, country), Some(once));
                }
            }
            for kind in IdentityKind::ALL {
                if let Some(once) = handle(*kind, &text) {
                    prop_assert_eq!(handle(*kind, &once), Some(once));
                }
            }
        }

        /// However an address is typed, it is the same; and another one never is.
        #[test]
        fn case_and_space_make_no_difference(
            local in "[a-z][a-z0-9.]{0,10}", other in "[a-z][a-z0-9.]{0,10}",
            domain in "[a-z]{1,8}\\.(example|test)", tag in "[a-z0-9]{1,5}",
        ) {
            let plain = format!("{local}@{domain}");
            prop_assert_eq!(email(&format!(" {} ", plain.to_uppercase()), false), Some(plain.clone()));
            prop_assert_eq!(email(&format!("{local}+{tag}@{domain}"), true), Some(plain.clone()));
            prop_assert_ne!(email(&format!("{local}+{tag}@{domain}"), false), Some(plain.clone()));
            if local != other {
                prop_assert_ne!(email(&format!("{other}@{domain}"), true), Some(plain));
            }
        }

        /// A number reads the same with and without its country, however it is grouped.
        #[test]
        fn numbers_are_the_same_in_every_notation(digits in "30901[0-9]{3}", gap in "[ ./-]") {
            let plain = format!("+49{digits}");
            let national = format!("0{}{gap}{}", &digits[..2], &digits[2..]);
            prop_assert_eq!(phone(&national, Some("DE")), phone(&plain, None));
            prop_assert_eq!(phone(&plain, Some("US")), phone(&plain, None));
            prop_assert_eq!(phone(&plain, None), Some(plain));
        }
    }
}
