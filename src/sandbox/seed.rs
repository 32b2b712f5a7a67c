//! Reading a desk to start from: one `<collection>.jsonl` a collection, bytes under `files/`.

use std::io::BufRead;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::connector::{Error, Result};

/// Reads `<folder>/<collection>.jsonl`, one object a line; a missing file is an
/// empty collection. `{base}` in the text becomes `base`.
///
/// # Errors
/// Names the file and the line that could not be read.
pub fn read<T: DeserializeOwned>(folder: &Path, collection: &str, base: &str) -> Result<Vec<T>> {
    let name = format!("{collection}.jsonl");
    let file = match std::fs::File::open(folder.join(&name)) {
        Ok(file) => file,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(unreadable(&name, cause)),
    };
    let mut rows = Vec::new();
    for (index, line) in std::io::BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|cause| unreadable(&format!("{name}:{}", index + 1), cause))?;
        if line.trim().is_empty() {
            continue;
        }
        let row = serde_json::from_str(&line.replace("{base}", base))
            .map_err(|cause| unreadable(&format!("{name}:{}", index + 1), cause))?;
        rows.push(row);
    }
    Ok(rows)
}

/// Reads `<folder>/<name>.json`, one object; `None` when there is no such file.
///
/// # Errors
/// Names the file when it is no such object.
pub fn read_one<T: DeserializeOwned>(folder: &Path, name: &str, base: &str) -> Result<Option<T>> {
    let name = format!("{name}.json");
    let text = match std::fs::read_to_string(folder.join(&name)) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(unreadable(&name, cause)),
    };
    serde_json::from_str(&text.replace("{base}", base))
        .map(Some)
        .map_err(|cause| unreadable(&name, cause))
}

/// The bytes of `<folder>/files/<name>`.
///
/// # Errors
/// When the name is not a plain file name, or there is no such file.
pub fn file(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let shown = format!("files/{name}");
    let plain = Path::new(name).file_name().is_some_and(|last| last == name);
    if !plain {
        return Err(Error::config(format!("{shown} is not a plain file name")));
    }
    std::fs::read(folder.join("files").join(name)).map_err(|cause| unreadable(&shown, cause))
}

/// So many bytes that depend on the name alone, for `"generate": N`.
pub fn generate(name: &str, bytes: usize) -> Vec<u8> {
    let mut out = vec![0; bytes];
    blake3::Hasher::new()
        .update(name.as_bytes())
        .finalize_xof()
        .fill(&mut out);
    out
}

fn unreadable(place: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::config(format!("the seed's {place} could not be read: {cause}"))
        .hint("every line of a seed file is one JSON object")
        .caused_by(cause)
}
