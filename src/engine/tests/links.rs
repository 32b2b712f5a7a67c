//! Links between articles, many of them.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::*;
use crate::connector::text;
use crate::ledger::{PageCommit, pack};
use crate::schema::{Article, Category, Record, Translation};

const ARTICLES: usize = 10_000;
const LINKS: usize = 10;

/// Every article links ten others, one of them before itself and nine after.
fn article(n: usize) -> Record {
    let links: String = (0..LINKS)
        .map(|k| {
            let other = (n + ARTICLES - 1 + k * 37) % ARTICLES;
            format!(
                "<p>Read <a href=\"/hc/en-us/articles/{other}-Words#h_{k}\">{other}</a> first.</p>"
            )
        })
        .collect();
    Record::Article(Article {
        id: n.to_string(),
        category_id: Some("section:1".into()),
        url: Some(format!("https://old.example.com/hc/en-us/articles/{n}")),
        translations: vec![Translation {
            locale: "en-us".into(),
            title: format!("Article {n}"),
            html: Some(format!("<h1>{n}</h1>{links}")),
            ..Translation::default()
        }],
        ..Article::default()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_links_are_replaced_within_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(MemorySink::new(Grain::Whole));
    let mut project = project(folder.path(), source(MessagesBy::Stream), sink.clone());
    let written = Arc::new(Mutex::new(Instant::now()));
    let last = written.clone();
    project.listener = Arc::new(move |event| {
        if matches!(
            event,
            Event::Pushed {
                kind: Kind::Article
            }
        ) {
            *last.lock().unwrap() = Instant::now();
        }
    });
    let mut records = vec![Record::Category(Category {
        id: "section:1".into(),
        ..Category::default()
    })];
    records.extend((0..ARTICLES).map(article));
    for page in records.chunks(1000) {
        let page = PageCommit {
            packed: pack(page).unwrap(),
            ..PageCommit::default()
        };
        project.ledger.commit_page(page).await.unwrap();
    }
    push(&project).await.unwrap();
    let took = written.lock().unwrap().elapsed();
    println!(
        "{} links in {ARTICLES} articles: {took:.1?}",
        ARTICLES * LINKS
    );
    assert!(took < Duration::from_secs(60), "{took:?}");

    let held = sink.articles.lock().unwrap().clone();
    assert_eq!(held.len(), ARTICLES);
    for (id, article) in &held {
        let links = text::links(article.translations[0].html.as_deref().unwrap());
        assert_eq!(links.len(), LINKS);
        for (k, link) in links.iter().enumerate() {
            let n: usize = article.id.parse().unwrap();
            let other = (n + ARTICLES - 1 + k * 37) % ARTICLES;
            let target = project
                .ledger
                .receipt(&Key::new(Kind::Article, other.to_string()));
            let target = target.unwrap().unwrap().target;
            assert_eq!(
                *link,
                format!("https://new.example.com/en-us/{target}#h_{k}"),
                "{id}"
            );
        }
    }
    // Once more is not once more.
    let writes = sink.writes.load(std::sync::atomic::Ordering::SeqCst);
    push(&project).await.unwrap();
    assert_eq!(
        sink.writes.load(std::sync::atomic::Ordering::SeqCst),
        writes
    );
}
