//! Takes secrets out of addresses before they are shown.

use url::Url;

/// What stands in place of a secret.
const HIDDEN: &str = "[hidden]";

/// Names of query parameters that carry secrets on the platforms we know and
/// on the stores they keep files in.
const SECRET_NAMES: [&str; 23] = [
    "access_key",
    "access_token",
    "api_key",
    "api_token",
    "apikey",
    "auth",
    "auth_token",
    "client_secret",
    "code",
    "credential",
    "expiring_token",
    "hmac",
    "jwt",
    "key",
    "key-pair-id",
    "pass",
    "passwd",
    "password",
    "policy",
    "secret",
    "sig",
    "signature",
    "token",
];

/// Path and query, as messages, logs and raw pages may show them.
///
/// A segment after `/token/` is hidden too: attachment addresses carry theirs
/// in the path.
pub fn path(url: &Url) -> String {
    let mut text = String::new();
    let mut hide = false;
    for segment in url.path().split('/').skip(1) {
        text.push('/');
        text.push_str(if hide && !segment.is_empty() {
            HIDDEN
        } else {
            segment
        });
        hide = segment.eq_ignore_ascii_case("token");
    }
    if let Some(query) = url.query() {
        for (number, pair) in query.split('&').enumerate() {
            text.push(if number == 0 { '?' } else { '&' });
            match pair.split_once('=') {
                Some((name, _)) if is_secret(name) => {
                    text.push_str(name);
                    text.push('=');
                    text.push_str(HIDDEN);
                }
                _ => text.push_str(pair),
            }
        }
    }
    text
}

/// [`path`], with the host in front where it is not the desk's own.
pub fn address(url: &Url, base: &Url) -> String {
    if url.origin() == base.origin() {
        path(url)
    } else {
        format!("{}{}", url.origin().ascii_serialization(), path(url))
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("x-amz-") || SECRET_NAMES.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str) -> String {
        path(&Url::parse(address).unwrap())
    }

    #[test]
    fn secrets_in_queries_are_hidden_and_the_rest_is_kept() {
        assert_eq!(
            shown("https://a.test/x?page=2&access_token=abc&Signature=def&q=key"),
            "/x?page=2&access_token=[hidden]&Signature=[hidden]&q=key"
        );
        assert_eq!(
            shown("https://a.test/f?X-Amz-Credential=abc&X-Amz-Date=1"),
            "/f?X-Amz-Credential=[hidden]&X-Amz-Date=[hidden]"
        );
        assert_eq!(
            shown("https://a.test/x?page_token=7"),
            "/x?page_token=7",
            "where a list goes on is no secret"
        );
    }

    #[test]
    fn tokens_in_paths_are_hidden() {
        assert_eq!(
            shown("https://a.test/attachments/token/abc/?name=a.png"),
            "/attachments/token/[hidden]/?name=a.png"
        );
    }
}
