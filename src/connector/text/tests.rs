use super::*;
use crate::schema::{Author, AuthorKind, Date};
use proptest::prelude::*;

fn ada() -> Author {
    Author {
        kind: AuthorKind::Agent,
        id: Some("7".into()),
        name: Some("Ada Agent".into()),
        email: Some("ada@example.com".into()),
    }
}

fn noon() -> Date {
    "2019-06-25T10:15:59Z".parse().unwrap()
}

fn to_the_minute() -> Date {
    "2019-06-25T10:15:00Z".parse().unwrap()
}

#[test]
fn html_reads_as_text() {
    let html = "<html><head><title>x</title><style>p{}</style></head><body>\
        <p>Hello&nbsp;Ada,</p>\n<p>it&rsquo;s 5 &lt; 6 &amp; 7 &#8364;<br>see <a href=\"x>y\">there</a></p>\
        <div>one</div><div><br></div><div>two   blanks </div>\
        <ul><li>a</li><li>b</li></ul><table><tr><td>1</td><td>2</td></tr></table>\
        <pre>  x\n\ty</pre><!-- > no --></body></html>";
    assert_eq!(
        html_to_text(html),
        "Hello Ada,\n\nit’s 5 < 6 & 7 €\nsee there\n\none\n\ntwo blanks\n\na\nb\n\n1 2\n\n  x\n\ty"
    );
}

#[test]
fn what_only_looks_like_markup_stays() {
    assert_eq!(
        html_to_text("a < b, <ada@example.com> <3 & &nope; x"),
        "a < b, <ada@example.com> <3 & &nope; x"
    );
    assert_eq!(html_to_text("cut <a href=\"x"), "cut <a href=\"x");
    assert_eq!(html_to_text("<script>if (a</b) {}</script>after"), "after");
}

#[test]
fn the_line_is_as_documented() {
    assert_eq!(
        attribution(&ada(), Some(noon()), Some("email")),
        "[2019-06-25 10:15 UTC · Ada Agent <ada@example.com> · email]"
    );
    let nobody = Author::default();
    assert_eq!(attribution(&nobody, None, None), "[undated · (system)]");
}

#[test]
fn the_line_is_found_in_what_targets_make_of_it() {
    let expected = Attribution {
        sent_at: Some(to_the_minute()),
        name: Some("Ada Agent".into()),
        email: Some("ada@example.com".into()),
        channel: Some("email".into()),
    };
    for (body, rest) in [
        (
            "<p>[2019-06-25 10:15 UTC · Ada Agent &lt;ada@example.com&gt; · email]</p><b>x</b>",
            "<b>x</b>",
        ),
        (
            "<div class=\"c\">\n  <p dir='auto'>[2019-06-25 10:15 UTC · Ada\n Agent &lt;ada@example.com&gt;&nbsp;· email]</p>\n<b>x</b></div>",
            "<b>x</b></div>",
        ),
        (
            "<div>[2019-06-25 10:15 UTC &middot; Ada Agent &#60;<a href=\"mailto:ada@example.com\">ada@example.com</a>&#62; &middot; email]<br><br>x</div>",
            "x</div>",
        ),
        (
            "[2019-06-25 10:15 UTC · Ada Agent &lt;ada@example.com&gt; · email]<br />x",
            "x",
        ),
        (
            "<!doctype html><html><body><p>[2019-06-25 10:15 UTC · Ada Agent <ada@example.com> · email]</p>x",
            "x",
        ),
        (
            "[2019-06-25 10:15 UTC · Ada Agent <ada@example.com> · email]\n\nx\n",
            "x\n",
        ),
        (
            "\u{feff} [2019-06-25 10:15 UTC · Ada Agent <ada@example.com> · email]\r\nx",
            "x",
        ),
    ] {
        assert_eq!(
            strip_attribution(body),
            (Some(expected.clone()), rest),
            "{body}"
        );
    }
}

#[test]
fn other_brackets_are_left_alone() {
    for body in [
        "[2019] was a year",
        "[2019-06-25 10:15 UTC]",
        "[2019-13-25 10:15 UTC · Ada]",
        "<p>[ACME #7] hello</p>",
        "[undated",
        "before [undated · Ada]",
        "",
        "[",
    ] {
        assert_eq!(strip_attribution(body), (None, body));
    }
}

#[test]
fn both_sides_of_a_migration_compare_equal() {
    let source = "<p>It&rsquo;s “done”.</p><p>Bye</p>";
    let target = with_attribution(
        &attribution(&ada(), Some(noon()), Some("email")),
        "<div>It's&nbsp;\"done\".<br>Bye\u{200b}</div>",
        true,
    );
    assert_eq!(comparable(source, true), "It's \"done\". Bye");
    assert_eq!(comparable(&target, true), comparable(source, true));
    let plain = with_attribution("[undated · Ada]", "It's \"done\".\n\nBye", false);
    assert_eq!(comparable(&plain, false), comparable(source, true));
}

#[test]
fn images_are_listed_once_with_real_addresses() {
    let html = "<IMG alt=x SRC='https://a.test/?a=1&amp;b=2'><img src=\"cid:x@y\"><p><img src=cid:x@y><img>";
    assert_eq!(image_sources(html), ["https://a.test/?a=1&b=2", "cid:x@y"]);
    assert!(image_sources("<p>no image</p>").is_empty());
}

#[test]
fn only_the_addresses_change() {
    let html = "<P  class='a' >1 &lt 2<img   alt=\"é\"  src='cid:1' srcset='old 2x'/><img src=cid:2><br/></p >";
    let new = rewrite_images(html, |source| {
        (source == "cid:1").then(|| "https://b.test/?x=\"1\"&y".into())
    });
    assert_eq!(
        new,
        "<P  class='a' >1 &lt 2<img alt=\"é\" src=\"https://b.test/?x=&quot;1&quot;&amp;y\" /><img src=cid:2><br/></p >"
    );
    assert_eq!(image_sources(&new), ["https://b.test/?x=\"1\"&y", "cid:2"]);
}

fn markup_soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<img src=\"cid:a\">".to_owned()),
        Just("<p>".to_owned()),
        Just("</p>".to_owned()),
        Just("<pre>".to_owned()),
        Just("<".to_owned()),
        Just("&amp;lt;".to_owned()),
        Just("[undated · Ada]".to_owned()),
        Just("[2019-06-25 10:15 UTC · A <a@example.com> · api]".to_owned()),
        "\\PC{0,8}",
        "[ \n\r\t\u{a0}]{0,3}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// What a name is after its white space was folded, as every desk does.
fn folded(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

proptest! {
    #[test]
    fn nothing_panics_and_comparable_is_idempotent(body in markup_soup()) {
        for is_html in [true, false] {
            let once = comparable(&body, is_html);
            prop_assert_eq!(comparable(&once, false), once);
        }
        html_to_text(&body);
        strip_attribution(&body);
    }

    #[test]
    fn rewriting_nothing_changes_nothing(body in markup_soup()) {
        prop_assert_eq!(rewrite_images(&body, |_| None), body);
    }

    #[test]
    fn images_go_and_the_words_stay(words in prop::collection::vec("[a-zé🖨 ]{1,9}", 1..5), source in "[a-z:/.@]{1,12}") {
        let image = format!("<img alt=\"x\" src=\"{source}\">");
        let body = format!("<p>{}</p>", words.join(&image));
        let named = replace_images(&body, |_| Some(Instead::Html("[shot]".to_owned())));
        prop_assert_eq!(&named, &format!("<p>{}</p>", words.join("[shot]")));
        let moved = rewrite_images(&body, |old| (old == source).then(|| "cid:new".to_owned()));
        let found = image_sources(&moved);
        prop_assert!(found.iter().all(|source| source == "cid:new"), "{moved}");
        prop_assert_eq!(found.is_empty(), words.len() == 1);
    }

    #[test]
    fn text_survives_html(lines in prop::collection::vec("[ a-z<>&\"'é🖨]{0,12}", 0..6)) {
        let text = lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
        let text = text.trim_matches('\n');
        prop_assert_eq!(html_to_text(&text_to_html(text)), text);
    }

    #[test]
    fn an_attribution_comes_back(
        name in prop::option::of("[\\PC \n·<>\\]\\[]{0,20}"),
        email in prop::option::of("[a-z·\\]]{1,8}@example\\.com"),
        dated: bool,
        channel in prop::option::of("[a-z·\\]< ]{0,9}"),
        body in "[a-zé \n]{0,20}",
    ) {
        let author = Author { name: name.clone(), email: email.clone(), ..Author::default() };
        let line = attribution(&author, dated.then(noon), channel.as_deref());
        let expected = Attribution {
            sent_at: dated.then(to_the_minute),
            name: name.as_deref().and_then(folded),
            email,
            channel: channel.as_deref().and_then(folded),
        };
        let bold = format!("<b>{body}</b>");
        let html = with_attribution(&line, &bold, true);
        prop_assert_eq!(strip_attribution(&html), (Some(expected.clone()), bold.as_str()));
        let plain = with_attribution(&line, body.trim_start(), false);
        prop_assert_eq!(strip_attribution(&plain), (Some(expected), body.trim_start()));
    }
}
