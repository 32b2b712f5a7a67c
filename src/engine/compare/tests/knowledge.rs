//! Categories and articles.

use super::*;

#[test]
fn each_value_of_an_article_is_compared() {
    let translation = |locale: &str, title: &str| Translation {
        locale: locale.into(),
        title: title.into(),
        html: Some(format!(
            "<p>{title} <a href=\"https://old.example.com/a/2\">see</a> <a href=\"https://example.org\">them</a></p>"
        )),
        state: Some(ArticleState::Published),
        ..Translation::default()
    };
    let mut article = Article {
        id: "1".into(),
        category_id: Some("k1".into()),
        translations: vec![translation("en-us", "Paper"), translation("de", "Papier")],
        visibility: Some(Visibility::Public),
        author_id: Some("a1".into()),
        labels: vec!["basics".into()],
        position: Some(3),
        promoted: true,
        votes_up: Some(2),
        created_at: date("2020-05-01T10:00:00Z"),
        ..Article::default()
    };
    // What is expected has its links to other articles replaced, see `engine::links`.
    let html = article.translations[0].html.as_mut().unwrap();
    *html = html.replace(
        "https://old.example.com/a/2",
        "https://new.example.com/a/78",
    );
    let mut there = Article {
        category_id: Some("tk1".into()),
        author_id: Some("ta1".into()),
        visibility: None,
        url: Some("https://new.example.com/a/77".into()),
        ..article.clone()
    };
    // The region is gone.
    there.translations[0].locale = "en".into();
    type Change = fn(&mut Article);
    let changes: [(&str, Change); 14] = [
        (field::CATEGORY, |a| a.category_id = Some("tk2".into())),
        (field::ARTICLE_TRANSLATION, |a| drop(a.translations.pop())),
        (field::ARTICLE_TRANSLATION, |a| {
            let mut third = a.translations[1].clone();
            third.locale = "fr".into();
            a.translations.push(third);
        }),
        (field::ARTICLE, |a| a.translations[1].title = "Pappe".into()),
        (field::ARTICLE, |a| {
            let html = a.translations[1].html.as_mut().unwrap();
            *html = html.replace("Papier", "Pappe");
        }),
        (field::ARTICLE_LINKS, |a| {
            let html = a.translations[1].html.as_mut().unwrap();
            *html = html.replace("https://example.org", "https://evil.example.org");
        }),
        (field::ARTICLE_LINKS, |a| {
            let html = a.translations[0].html.as_mut().unwrap();
            *html = html.replace("new.example.com/a/78", "old.example.com/a/2");
        }),
        (field::ARTICLE_STATE, |a| {
            a.translations[1].state = Some(ArticleState::Draft);
        }),
        (field::ARTICLE_VISIBILITY, |a| {
            a.visibility = Some(Visibility::Agents);
        }),
        (field::ARTICLE_AUTHOR, |a| a.author_id = None),
        (field::ARTICLE_LABELS, |a| a.labels.clear()),
        (field::ARTICLE_POSITION, |a| a.position = Some(1)),
        (field::ARTICLE_POSITION, |a| a.promoted = false),
        (field::ARTICLE_DATES, |a| a.created_at = None),
    ];
    let item = item(Body::Article(Box::new(ArticleBundle {
        article,
        attachments: vec![file(attachment("f1", "a.png", 5))],
    })));
    let back = |article: &Article| ReadBack {
        record: Some(Record::Article(article.clone())),
        attachments: vec![attachment("t1", "a.png", 5)],
        ..ReadBack::default()
    };
    assert_eq!(run(&item, &[], &back(&there)), [""; 0]);
    for (name, change) in changes {
        let mut found = there.clone();
        change(&mut found);
        assert_eq!(run(&item, &[], &back(&found)), [format!("differs  {name}")]);
    }
    let mut read = back(&there);
    read.attachments.clear();
    assert_eq!(run(&item, &[], &read), ["missing f1 attachment"]);
}

#[test]
fn an_image_is_shown_from_where_the_target_keeps_it() {
    let old = "https://old.example.com/files/1";
    let article = Article {
        id: "1".into(),
        translations: vec![Translation {
            locale: "en".into(),
            title: "Paper".into(),
            html: Some(format!("<p>See <img src=\"{old}\"></p>")),
            ..Translation::default()
        }],
        ..Article::default()
    };
    let image = Attachment {
        inline: true,
        url: Some(old.into()),
        sha256: Some("aa".into()),
        ..attachment("f1", "a.png", 5)
    };
    let item = item(Body::Article(Box::new(ArticleBundle {
        article: article.clone(),
        attachments: vec![file(image.clone())],
    })));
    let run = |there: Attachment| {
        let read = ReadBack {
            record: Some(Record::Article(article.clone())),
            attachments: vec![there],
            ..ReadBack::default()
        };
        run(&item, &[], &read)
    };
    // A folder.
    assert_eq!(run(image.clone()), [""; 0]);
    // A desk has another address for it, or tells what the text shows and no bytes.
    let elsewhere = Attachment {
        url: Some("https://new.example.com/files/7".into()),
        ..image.clone()
    };
    let unseen = Attachment {
        sha256: None,
        ..image
    };
    for there in [elsewhere, unseen] {
        assert_eq!(run(there), ["differs  attachment.inline"]);
    }
}

#[test]
fn each_value_of_a_category_is_compared() {
    let category = Category {
        id: "2".into(),
        parent_id: Some("k1".into()),
        translations: vec![Translation {
            locale: "en".into(),
            title: "Paper".into(),
            ..Translation::default()
        }],
        position: Some(1),
        ..Category::default()
    };
    let there = Category {
        parent_id: Some("tk1".into()),
        ..category.clone()
    };
    type Change = fn(&mut Category);
    let changes: [(&str, Change); 3] = [
        (field::CATEGORY, |c| c.translations[0].title = "Pulp".into()),
        (field::CATEGORY_LEVEL, |c| c.parent_id = None),
        (field::ARTICLE_POSITION, |c| c.position = Some(2)),
    ];
    let item = item(Body::Category(category));
    for (name, change) in changes {
        let mut found = there.clone();
        change(&mut found);
        let read = ReadBack {
            record: Some(Record::Category(found)),
            ..ReadBack::default()
        };
        assert_eq!(run(&item, &[], &read), [format!("differs  {name}")]);
    }
}
