//! Objects by name, with writes that happen only when nobody else has written.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::buffered::BufWriter;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutResult, UpdateVersion};
use tokio::io::AsyncWriteExt;
use url::Url;

use crate::connector::{Error, ErrorKind, Result};

/// Where a ledger is kept.
#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    /// As the user wrote it.
    name: String,
    /// A folder has no conditional writes: a lock on this file stands for them.
    guard: Option<PathBuf>,
}

/// A version of an object.
pub type Version = UpdateVersion;

/// Variables that send requests to another server than the cloud's own.
const ENDPOINTS: [&str; 5] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT",
    "AZURE_ENDPOINT",
    "GOOGLE_BASE_URL",
];

impl Store {
    /// Opens `s3://…`, `gs://…`, `az://…` or `file:///…`. Credentials come from
    /// the variables that each cloud's own tools use.
    pub fn open(name: &str) -> Result<Store> {
        let url = parse(name)?;
        let allow_http = http_to_this_machine()?;
        let failed = |cause: object_store::Error| {
            Error::config(format!("[ledger] remote {name}: {}", plain(&cause)))
                .hint("set the variables of the cloud's own tools, such as AWS_REGION and AWS_ACCESS_KEY_ID; docs/ci.md shows them")
        };
        let (objects, guard): (Arc<dyn ObjectStore>, _) = match url.scheme() {
            "file" => {
                let folder = url
                    .to_file_path()
                    .map_err(|()| Error::config(format!("{name} names no folder")))?;
                private_folder(&folder)?;
                let objects = LocalFileSystem::new_with_prefix(&folder).map_err(failed)?;
                let guard = folder.join(GUARD);
                return Ok(Store {
                    objects: Arc::new(objects),
                    prefix: Path::default(),
                    name: name.to_owned(),
                    guard: Some(guard),
                });
            }
            "s3" => {
                let builder = AmazonS3Builder::from_env().with_url(name);
                let built = builder.with_allow_http(allow_http).build();
                (Arc::new(built.map_err(failed)?), None)
            }
            "gs" => {
                let builder = GoogleCloudStorageBuilder::from_env().with_url(name);
                (Arc::new(builder.build().map_err(failed)?), None)
            }
            _ => {
                let builder = MicrosoftAzureBuilder::from_env().with_url(name);
                let built = builder.with_allow_http(allow_http).build();
                (Arc::new(built.map_err(failed)?), None)
            }
        };
        Ok(Store {
            objects,
            prefix: Path::from_url_path(url.path())
                .map_err(|cause| Error::config(format!("[ledger] remote {name}: {cause}")))?,
            name: name.to_owned(),
            guard,
        })
    }

    /// As the user wrote it.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn at(&self, object: &str) -> Path {
        object
            .split('/')
            .fold(self.prefix.clone(), |path, part| path.join(part))
    }

    /// A small object with its version; `None` when there is none.
    pub async fn read(&self, object: &str) -> Result<Option<(Bytes, Version)>> {
        let found = match self.objects.get(&self.at(object)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(|cause| self.failed(cause))?,
        };
        let version = Version {
            e_tag: found.meta.e_tag.clone(),
            version: found.meta.version.clone(),
        };
        match found.bytes().await {
            Ok(bytes) => Ok(Some((bytes, version))),
            Err(cause) => Err(self.failed(cause)),
        }
    }

    /// A large object, piece by piece.
    pub async fn stream(&self, object: &str) -> Result<BoxStream<'static, Result<Bytes>>> {
        let found = self.objects.get(&self.at(object)).await;
        let found = found.map_err(|cause| self.failed(cause))?;
        let store = self.clone();
        Ok(found
            .into_stream()
            .map(move |piece| piece.map_err(|cause| store.failed(cause)))
            .boxed())
    }

    /// Writes a small object if its version is still `known`, or if there is
    /// none. `None` when somebody else has written it meanwhile.
    pub async fn swap(
        &self,
        object: &str,
        known: Option<&Version>,
        bytes: Vec<u8>,
    ) -> Result<Option<Version>> {
        let written = match &self.guard {
            Some(guard) => self.swap_file(guard, object, known, bytes).await?,
            None => {
                let mode = known.map_or(PutMode::Create, |known| PutMode::Update(known.clone()));
                let place = self.at(object);
                self.objects
                    .put_opts(&place, bytes.into(), mode.into())
                    .await
            }
        };
        match written {
            Ok(done) => Ok(Some(version(done))),
            Err(
                object_store::Error::AlreadyExists { .. }
                | object_store::Error::Precondition { .. }
                | object_store::Error::NotModified { .. },
            ) => Ok(None),
            Err(cause) => Err(self.failed(cause)),
        }
    }

    async fn swap_file(
        &self,
        guard: &FilePath,
        object: &str,
        known: Option<&Version>,
        bytes: Vec<u8>,
    ) -> Result<object_store::Result<PutResult>> {
        let _held = hold(guard.to_owned()).await?;
        let place = self.at(object);
        let mode = match known {
            None => PutMode::Create,
            Some(known) => match self.objects.head(&place).await {
                Ok(found) if found.e_tag == known.e_tag => PutMode::Overwrite,
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {
                    return Ok(Err(object_store::Error::Precondition {
                        path: object.to_owned(),
                        source: "it was written meanwhile".into(),
                    }));
                }
                Err(cause) => return Ok(Err(cause)),
            },
        };
        Ok(self
            .objects
            .put_opts(&place, bytes.into(), mode.into())
            .await)
    }

    /// Writes a file to a new object, in pieces.
    pub async fn upload(&self, object: &str, file: &FilePath) -> Result<()> {
        let local =
            |cause| Error::local(format!("{} cannot be read", file.display())).caused_by(cause);
        let mut from = tokio::fs::File::open(file).await.map_err(local)?;
        let mut to = BufWriter::new(self.objects.clone(), self.at(object));
        let done = match tokio::io::copy(&mut from, &mut to).await {
            Ok(_) => to.shutdown().await,
            Err(cause) => {
                let _ = to.abort().await;
                Err(cause)
            }
        };
        done.map_err(|cause| {
            let text = redact(&cause.to_string());
            Error::new(
                ErrorKind::Transient,
                format!("{} cannot be written: {text}", self.name),
            )
        })
    }

    /// Removes an object. One that is gone already is no mistake.
    pub async fn remove(&self, object: &str) -> Result<()> {
        match self.objects.delete(&self.at(object)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(self.failed(cause)),
        }
    }

    /// Names of the objects in a folder.
    pub async fn list(&self, folder: &str) -> Result<Vec<String>> {
        let mut found = self.objects.list(Some(&self.at(folder)));
        let mut names = Vec::new();
        while let Some(object) = found.next().await {
            let object = object.map_err(|cause| self.failed(cause))?;
            names.extend(object.location.filename().map(str::to_owned));
        }
        Ok(names)
    }

    fn failed(&self, cause: object_store::Error) -> Error {
        use object_store::Error as Cause;
        let kind = match &cause {
            Cause::Unauthenticated { .. } => ErrorKind::Auth,
            Cause::PermissionDenied { .. } => ErrorKind::Forbidden,
            Cause::NotFound { .. } | Cause::NotImplemented { .. } | Cause::NotSupported { .. } => {
                ErrorKind::Config
            }
            _ => ErrorKind::Local,
        };
        let hint = match kind {
            ErrorKind::Auth | ErrorKind::Forbidden => {
                "the credentials need to list, read, write and delete objects below this address"
            }
            ErrorKind::Config => "see to it that the bucket exists and knows conditional writes",
            _ => {
                "check the network and the address; the same command goes on where this run stopped"
            }
        };
        Error::new(
            kind,
            format!(
                "the ledger at {} cannot be reached: {}",
                self.name,
                plain(&cause)
            ),
        )
        .hint(hint)
    }
}

/// File beside the objects of a folder.
const GUARD: &str = ".guard";

fn version(done: PutResult) -> Version {
    done.into()
}

/// Checks the address before anything is opened.
pub fn parse(name: &str) -> Result<Url> {
    let wrong = |why: &str| {
        Error::config(format!("[ledger] remote is {name:?}: {why}")).hint(
            "write s3://bucket/folder, gs://bucket/folder, az://container/folder or file:///folder",
        )
    };
    let url = Url::parse(name).map_err(|_| wrong("it is no address"))?;
    if !["s3", "gs", "az", "file"].contains(&url.scheme()) {
        return Err(wrong("it must begin with s3://, gs://, az:// or file:///"));
    }
    if url.query().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "credentials come from the environment, never from the address",
        ));
    }
    match (url.scheme(), url.host_str()) {
        ("file", None) | ("s3" | "gs" | "az", Some(_)) => Ok(url),
        ("file", Some(_)) => Err(wrong("a folder has three strokes: file:///srv/ledgers")),
        _ => Err(wrong("it names no bucket")),
    }
}

/// Whether a variable asks for plain http; refused unless it stays on this machine.
fn http_to_this_machine() -> Result<bool> {
    let mut plain = false;
    for name in ENDPOINTS {
        let Ok(text) = std::env::var(name) else {
            continue;
        };
        let Ok(url) = Url::parse(&text) else {
            return Err(Error::config(format!("{name} is no address")));
        };
        if url.scheme() == "https" {
            continue;
        }
        let here = match url.host() {
            Some(url::Host::Domain(host)) => host == "localhost",
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        if !here {
            return Err(Error::config(format!(
                "{name} is plain http to another machine: the ledger and the credentials could be read on the way"
            ))
            .hint("use https"));
        }
        plain = true;
    }
    Ok(plain)
}

/// What a store says, without what may stand in addresses.
fn plain(cause: &object_store::Error) -> String {
    redact(&cause.to_string())
}

fn redact(text: &str) -> String {
    let mut clean = String::new();
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            clean.push(' ');
        }
        // A signature or a token stands behind the question mark of an address.
        match word.split_once('?') {
            Some((address, _)) if address.contains("://") => {
                clean.push_str(address);
                clean.push_str("?…");
            }
            _ => clean.push_str(word),
        }
    }
    clean.chars().take(600).collect()
}

fn private_folder(folder: &FilePath) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|cause| Error::unwritable(folder, cause))
}

/// Waits for the guard of a folder.
async fn hold(path: PathBuf) -> Result<std::fs::File> {
    let held = tokio::task::spawn_blocking(move || {
        let file = crate::ledger::private_options()
            .open(&path)
            .map_err(|cause| Error::unwritable(&path, cause))?;
        file.lock()
            .map_err(|cause| Error::unwritable(&path, cause))?;
        Ok(file)
    });
    held.await
        .map_err(|cause| Error::local("a lock could not be waited for").caused_by(cause))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_before_anything_is_opened() {
        for good in [
            "s3://b/p",
            "s3://b",
            "gs://b/p",
            "az://c/p",
            "file:///srv/l",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "bucket/p",
            "http://b/p",
            "s3:///p",
            "file://srv/l",
            "s3://key:secret@b/p",
            "az://c/p?sig=abc",
        ] {
            let error = parse(bad).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Config, "{bad}");
        }
    }

    #[test]
    fn signatures_do_not_get_into_messages() {
        let said = redact("error sending request for url (https://a.example.com/c/l?sig=abc&se=1)");
        assert!(!said.contains("abc"), "{said}");
        assert!(said.contains("https://a.example.com/c/l"));
    }

    #[tokio::test]
    async fn of_two_writers_the_second_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("file://{}", folder.path().display())).unwrap();
        let first = store.swap("x", None, b"1".to_vec()).await.unwrap().unwrap();
        assert!(
            store
                .swap("x", None, b"2".to_vec())
                .await
                .unwrap()
                .is_none()
        );
        let second = store.swap("x", Some(&first), b"3".to_vec()).await.unwrap();
        assert!(second.is_some());
        let late = store.swap("x", Some(&first), b"4".to_vec()).await.unwrap();
        assert!(late.is_none());
        let (bytes, _) = store.read("x").await.unwrap().unwrap();
        assert_eq!(&bytes[..], b"3");
    }
}
