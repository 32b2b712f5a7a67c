//! Takes one person out of the file, so that no byte of it is left.
//!
//! Rows alone would not do: records live together in compressed packs, older
//! versions of a record stay in packs that nothing refers to, and SQLite leaves
//! deleted bytes in free pages until the file is written anew.

use std::collections::{BTreeSet, HashSet};

use rusqlite::{Transaction, params};

use super::{Ledger, compress, decompress, read};
use crate::connector::{Error, Result};
use crate::schema::{Key, Kind, Record};

/// What stands where a person was named.
pub const FORGOTTEN: &str = "[forgotten]";

/// What is to go.
#[derive(Debug, Clone, Default)]
pub struct Forgetting {
    /// Records that go as a whole.
    pub records: BTreeSet<Key>,
    /// Messages whose text and author go; the conversation is somebody else's.
    pub messages: BTreeSet<Key>,
    /// Ids of the person, which go from lists of people.
    pub ids: BTreeSet<String>,
    /// Addresses, numbers and names, in lower case, which go wherever they stand.
    pub words: Vec<String>,
}

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgot {
    /// Records in which something was replaced.
    pub changed: u64,
    /// Raw answers of the source.
    pub raw: u64,
    /// Bytes of attachments that nothing refers to any more: their sums.
    pub blobs: Vec<String>,
}

impl Forgetting {
    /// Whether a text names the person.
    pub fn names(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        self.words.iter().any(|word| lower.contains(word.as_str()))
    }

    /// A text without the person.
    pub fn scrub(&self, text: &str) -> Option<String> {
        if !self.names(text) {
            return None;
        }
        let mut pattern = String::from("(?i)");
        for (index, word) in self.words.iter().enumerate() {
            if index > 0 {
                pattern.push('|');
            }
            pattern.push_str(&regex::escape(word));
        }
        // Without the pattern nothing may stay.
        Some(match regex::Regex::new(&pattern) {
            Ok(pattern) => {
                let new = pattern.replace_all(text, FORGOTTEN).into_owned();
                match self.names(&new) {
                    true => FORGOTTEN.to_owned(),
                    false => new,
                }
            }
            Err(_) => FORGOTTEN.to_owned(),
        })
    }

    /// A record without the person; `None` where it does not speak of them.
    pub fn change(&self, record: &Record) -> Result<Option<Record>> {
        let key = record.key();
        let broken = |cause: serde_json::Error| {
            Error::local("a record could not be written without the person")
                .at(key.clone())
                .caused_by(cause)
        };
        let json = record.to_json().map_err(broken)?;
        let mut value: serde_json::Value = serde_json::from_slice(&json).map_err(broken)?;
        let mut changed = self.walk(&mut value);
        if self.messages.contains(&key)
            && let Some(message) = value.as_object_mut()
        {
            changed = true;
            for field in [
                "html", "call", "subject", "from", "to", "cc", "bcc", "extra",
            ] {
                message.remove(field);
            }
            message.insert("text".into(), FORGOTTEN.into());
            message.insert("redacted".into(), true.into());
            if let Some(author) = message.get_mut("author").and_then(|a| a.as_object_mut()) {
                for field in ["id", "name", "email"] {
                    author.remove(field);
                }
            }
        }
        if !changed {
            return Ok(None);
        }
        let json = serde_json::to_vec(&value).map_err(broken)?;
        Record::from_json(key.kind, &json)
            .map(Some)
            .map_err(|cause| broken(cause.into_inner()))
    }

    fn walk(&self, value: &mut serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => match self.scrub(text) {
                Some(new) => {
                    *text = new;
                    true
                }
                None => false,
            },
            serde_json::Value::Array(list) => {
                let before = list.len();
                list.retain(|one| one.as_str().is_none_or(|one| !self.ids.contains(one)));
                let mut changed = list.len() != before;
                for one in list {
                    changed |= self.walk(one);
                }
                changed
            }
            serde_json::Value::Object(map) => {
                let mut changed = false;
                for (key, one) in map.iter_mut() {
                    // Its own id, and that of what it belongs to, must stay what they are.
                    if !matches!(key.as_str(), "id" | "conversation_id" | "owner") {
                        changed |= self.walk(one);
                    }
                }
                changed
            }
            _ => false,
        }
    }
}

/// Texts beside the records: table, what names a row, columns with text.
const TEXTS: [(&str, &str, &[&str]); 5] = [
    ("problems", "id", &["reason", "hint"]),
    ("findings", "id", &["expected", "found", "reason"]),
    ("plan", "kind, id", &["reason", "losses"]),
    ("receipts", "kind, id", &["url"]),
    ("runs", "id", &["outcome", "plan"]),
];

/// Rows that are made again where they are needed, or are nobody's without
/// the person: table, and the columns that may name them.
const ROWS: [(&str, &[&str]); 8] = [
    ("target_index", &["key"]),
    ("decisions", &["one", "other"]),
    ("unified", &["id", "kept", "why"]),
    ("ceded", &["id", "address", "owner"]),
    ("claims", &["agent", "name"]),
    ("links", &["replaced"]),
    // Where ids are addresses, as on some desks.
    ("receipts", &["id", "target"]),
    ("removals", &["id", "target"]),
];

impl Ledger {
    /// Takes a person out: records, versions, raw answers, plans, problems and
    /// all that names them; receipts of what was written stay, as numbers, so
    /// that nothing is written twice. Then the file is written anew.
    ///
    /// The bytes of attachments ([`Forgot::blobs`]) are left to the caller.
    pub async fn forget(&self, what: Forgetting) -> Result<Forgot> {
        let forgot = self.write_durably(move |tx| forget(tx, &what)).await?;
        self.forget_cached();
        self.rewrite().await?;
        Ok(forgot)
    }

    /// Writes the file anew, so that nothing deleted is left in it or its log.
    async fn rewrite(&self) -> Result<()> {
        self.bare(|connection| {
            connection.execute_batch(
                "PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE);",
            )?;
            Ok(())
        })
        .await
    }
}

fn forget(tx: &Transaction<'_>, what: &Forgetting) -> Result<Forgot> {
    tx.execute_batch("PRAGMA secure_delete = ON;")?;
    let open: u64 = tx.query_row("SELECT count(*) FROM intents", [], |row| row.get(0))?;
    if open > 0 {
        return Err(Error::local(format!(
            "{open} writes were begun and not settled: what they wrote would be written again"
        ))
        .hint("run `deskferry push` first, then forget"));
    }
    let mut forgot = Forgot {
        raw: tx.query_row("SELECT count(*) FROM raw", [], |row| row.get(0))?,
        ..Forgot::default()
    };
    let had = sums(tx)?;
    for key in &what.records {
        drop_record(tx, key)?;
    }
    for pack in packs(tx)? {
        forgot.changed += repack(tx, pack, what)?;
    }
    // Answers hold many people each, and only a replay needs them.
    tx.execute("DELETE FROM raw", [])?;
    tx.execute("DELETE FROM problems WHERE resolved_at IS NOT NULL", [])?;
    tx.execute("UPDATE problems SET original = NULL", [])?;
    for (table, key, columns) in TEXTS {
        scrub_texts(tx, table, key, columns, what)?;
    }
    for (table, columns) in ROWS {
        drop_rows(tx, table, columns, what)?;
    }
    forgot.blobs = had.difference(&sums(tx)?).cloned().collect();
    Ok(forgot)
}

fn drop_record(tx: &Transaction<'_>, key: &Key) -> Result<()> {
    let at = params![key.kind as i64, key.id];
    for sql in [
        "DELETE FROM records WHERE kind = ?1 AND id = ?2",
        "DELETE FROM plan WHERE kind = ?1 AND id = ?2",
        "DELETE FROM problems WHERE kind = ?1 AND record = ?2",
        "DELETE FROM findings WHERE kind = ?1 AND record = ?2",
        "DELETE FROM links WHERE kind = ?1 AND id = ?2",
        "UPDATE receipts SET pack = NULL, pos = NULL, len = NULL, hash = NULL
          WHERE kind = ?1 AND id = ?2",
    ] {
        tx.prepare_cached(sql)?.execute(at)?;
    }
    if key.kind == Kind::Attachment {
        tx.prepare_cached("DELETE FROM blobs WHERE attachment = ?1")?
            .execute([&key.id])?;
    }
    Ok(())
}

fn packs(tx: &Transaction<'_>) -> Result<Vec<i64>> {
    let mut statement = tx.prepare("SELECT id FROM packs ORDER BY id")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes a pack anew with what is still referred to, without the person.
/// Returns how many records changed.
fn repack(tx: &Transaction<'_>, pack: i64, what: &Forgetting) -> Result<u64> {
    let data: Vec<u8> = tx.query_row("SELECT data FROM packs WHERE id = ?1", [pack], |row| {
        row.get(0)
    })?;
    let frame = decompress(&data)?;
    let mut rows: Vec<(&str, i64, String, usize, usize)> = Vec::new();
    for table in ["records", "receipts"] {
        let mut statement = tx.prepare(&format!(
            "SELECT kind, id, pos, len FROM {table} WHERE pack = ?1"
        ))?;
        let found = statement.query_map([pack], |row| {
            Ok((table, row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        for row in found {
            rows.push(row?);
        }
    }
    let kept: HashSet<(usize, usize)> = rows.iter().map(|row| (row.3, row.4)).collect();
    let whole = kept.iter().map(|(_, len)| len).sum::<usize>() == frame.len();
    let emptied = rows.iter().any(|(_, kind, id, ..)| {
        read::kind_of(*kind).is_some_and(|kind| what.messages.contains(&Key::new(kind, id)))
    });
    let listed = || {
        let text = String::from_utf8_lossy(&frame);
        what.names(&text)
            || what
                .ids
                .iter()
                .any(|id| text.contains(&format!("\"{id}\"")))
    };
    if whole && !emptied && !listed() {
        return Ok(0);
    }
    let mut changed = 0;
    let mut new = Vec::with_capacity(frame.len());
    for (table, kind, id, pos, len) in rows {
        let Some(known) = read::kind_of(kind) else {
            continue;
        };
        let record = super::pack::record(known, &id, &frame, pos, len)?;
        let from = new.len();
        match what.change(&record)? {
            Some(record) => {
                changed += u64::from(table == "records");
                record.write_json(&mut new).map_err(|cause| {
                    Error::local("a record could not be written as JSON").caused_by(cause)
                })?;
            }
            None => new.extend_from_slice(frame.get(pos..pos + len).unwrap_or_default()),
        }
        tx.prepare_cached(&format!(
            "UPDATE {table} SET pos = ?1, len = ?2 WHERE kind = ?3 AND id = ?4"
        ))?
        .execute(params![from, new.len() - from, kind, id])?;
    }
    tx.execute(
        "UPDATE packs SET data = ?1 WHERE id = ?2",
        params![compress(&new)?, pack],
    )?;
    Ok(changed)
}

fn scrub_texts(
    tx: &Transaction<'_>,
    table: &str,
    key: &str,
    columns: &[&str],
    what: &Forgetting,
) -> Result<()> {
    for column in columns {
        let mut statement = tx.prepare(&format!(
            "SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"
        ))?;
        let texts: Vec<String> = statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for text in texts {
            if let Some(new) = what.scrub(&text) {
                tracing::trace!("a text of {table} ({key}) named the person");
                tx.execute(
                    &format!("UPDATE {table} SET {column} = ?1 WHERE {column} = ?2"),
                    [new, text],
                )?;
            }
        }
    }
    Ok(())
}

fn drop_rows(tx: &Transaction<'_>, table: &str, columns: &[&str], what: &Forgetting) -> Result<()> {
    for column in columns {
        let mut statement = tx.prepare(&format!(
            "SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"
        ))?;
        let texts: Vec<String> = statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for text in texts {
            let listed = !matches!(table, "receipts" | "removals") && what.ids.contains(&text);
            if what.names(&text) || listed {
                tx.execute(&format!("DELETE FROM {table} WHERE {column} = ?1"), [text])?;
            }
        }
    }
    Ok(())
}

/// Sums of the bytes that attachments have.
fn sums(tx: &Transaction<'_>) -> Result<BTreeSet<String>> {
    let mut statement = tx.prepare("SELECT DISTINCT sha256 FROM blobs WHERE sha256 IS NOT NULL")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Mode, PageCommit, pack};
    use crate::schema::{Contact, Conversation, Identity, IdentityKind, Message};

    fn message(id: &str, conversation: &str, author: &str, text: &str) -> Record {
        let mut message = Message {
            id: id.into(),
            conversation_id: conversation.into(),
            text: Some(text.into()),
            ..Message::default()
        };
        message.author.id = Some(author.into());
        message.author.name = Some("Cleo Customer".into());
        Record::Message(message)
    }

    /// Everything that the file holds, uncompressed, and its bytes as they are.
    fn all(path: &std::path::Path) -> String {
        let connection = rusqlite::Connection::open(path).unwrap();
        let mut text = String::new();
        for table in ["packs", "raw"] {
            let column = if table == "packs" { "data" } else { "body" };
            let sql = format!("SELECT {column} FROM {table}");
            let mut statement = connection.prepare(&sql).unwrap();
            let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0));
            for row in rows.unwrap() {
                text.push_str(&String::from_utf8_lossy(
                    &decompress(&row.unwrap()).unwrap(),
                ));
            }
        }
        drop(connection);
        for end in ["", "-wal", "-shm"] {
            let path = format!("{}{end}", path.display());
            let bytes = std::fs::read(path).unwrap_or_default();
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
        text
    }

    #[tokio::test]
    async fn not_a_byte_of_a_person_stays_and_all_others_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deskferry.ledger");
        let ledger = Ledger::open(&path, "test", Mode::Run).unwrap();
        let cleo = |notes: &str| {
            Record::Contact(Contact {
                id: "c1".into(),
                name: Some("Cleo Customer".into()),
                notes: Some(notes.into()),
                identities: vec![Identity::new(IdentityKind::Email, "cleo@example.com")],
                ..Contact::default()
            })
        };
        let conversation = |id: &str, requester: &str, cc: &[&str]| {
            Record::Conversation(Conversation {
                id: id.into(),
                requester_id: Some(requester.into()),
                cc_ids: cc.iter().map(|id| (*id).to_owned()).collect(),
                ..Conversation::default()
            })
        };
        let first = [
            cleo("an older secret"),
            conversation("1", "c1", &[]),
            message("m1", "1", "c1", "a secret of hers"),
            conversation("2", "c2", &["c1", "c3"]),
            message("m2", "2", "c1", "a secret in passing"),
            message("m3", "2", "c2", "I asked CLEO@example.com, thanks"),
        ];
        let commit = async |records: &[Record]| {
            ledger
                .commit_page(PageCommit {
                    stream: "tickets",
                    packed: pack(records).unwrap(),
                    raw: vec![crate::connector::RawPage {
                        path: "/x".into(),
                        body: super::super::compress(b"raw secret").unwrap().into(),
                    }],
                    ..PageCommit::default()
                })
                .await
                .unwrap()
        };
        commit(&first).await;
        // What it was before is in a pack that nothing refers to.
        commit(&[cleo("a newer secret")]).await;
        assert!(all(&path).contains("an older secret"));
        let key = |kind, id: &str| Key::new(kind, id);
        let what = Forgetting {
            records: BTreeSet::from([
                key(Kind::Contact, "c1"),
                key(Kind::Conversation, "1"),
                key(Kind::Message, "m1"),
            ]),
            messages: BTreeSet::from([key(Kind::Message, "m2")]),
            ids: BTreeSet::from(["c1".into()]),
            words: vec!["cleo@example.com".into(), "cleo customer".into()],
        };
        let forgot = ledger.forget(what).await.unwrap();
        assert_eq!((forgot.changed, forgot.raw), (3, 2));
        let left = all(&path);
        for word in ["secret", "leo@example", "LEO@example", "Cleo"] {
            assert!(!left.contains(word), "{word}");
        }
        let Record::Conversation(two) = ledger
            .get(&key(Kind::Conversation, "2"))
            .unwrap()
            .unwrap()
            .record
        else {
            panic!()
        };
        assert_eq!(two.cc_ids, ["c3"]);
        let text = |id: &str| match ledger.get(&key(Kind::Message, id)).unwrap().unwrap().record {
            Record::Message(message) => message.text,
            other => panic!("{other:?}"),
        };
        assert_eq!(text("m2").as_deref(), Some(FORGOTTEN));
        assert_eq!(text("m3").as_deref(), Some("I asked [forgotten], thanks"));
        assert!(ledger.get(&key(Kind::Contact, "c1")).unwrap().is_none());
    }
}
