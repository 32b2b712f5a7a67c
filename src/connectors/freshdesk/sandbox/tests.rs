//! Each rule that the simulated account enforces, asked with a plain client.

mod reading;
mod writing;

use serde_json::{Value, json};

use super::{KEY, start};
use crate::sandbox::{Config, Running};

/// A running account and a client for it.
struct Desk {
    running: Running,
    base: String,
    client: reqwest::Client,
}

/// Status, headers and JSON of an answer.
struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Got {
    /// `code` of the first validation error about a field.
    fn code(&self, field: &str) -> &str {
        self.body["errors"]
            .as_array()
            .and_then(|errors| errors.iter().find(|error| error["field"] == field))
            .and_then(|error| error["code"].as_str())
            .unwrap_or_default()
    }

    fn ids(&self) -> Vec<u64> {
        self.body
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| row["id"].as_u64().unwrap())
            .collect()
    }
}

impl Desk {
    async fn open(seed: Option<&str>, features: &[&str]) -> Desk {
        let config = Config {
            seed: seed.map(|name| {
                std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("fixtures")
                    .join(name)
            }),
            plan: Some("enterprise".to_owned()),
            features: features.iter().map(|&name| name.to_owned()).collect(),
            speed: 1.0,
            ..Config::default()
        };
        Desk::with(config).await
    }

    async fn with(config: Config) -> Desk {
        let running = start(config).await.unwrap();
        let base = format!("http://127.0.0.1:{}", running.addr.port());
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Desk {
            running,
            base,
            client,
        }
    }

    fn ask(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().unwrap();
        let path = if path.starts_with("/api") {
            path.to_owned()
        } else {
            format!("/api/v2{path}")
        };
        self.client
            .request(method, format!("{}{path}", self.base))
            .basic_auth(KEY, Some("X"))
    }

    async fn get(&self, path: &str) -> Got {
        got(self.ask("GET", path)).await
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Got {
        got(self.ask(method, path).json(&body)).await
    }

    async fn post(&self, path: &str, body: Value) -> Got {
        self.send("POST", path, body).await
    }

    fn mails(&self) -> u64 {
        (self.running.stats)()["mails"]["total"].as_u64().unwrap()
    }
}

async fn got(request: reqwest::RequestBuilder) -> Got {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    Got {
        status,
        headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

/// A ticket that the empty desk takes.
fn ticket() -> Value {
    json!({"email": "new@example.com", "subject": "s", "description": "d", "status": 2, "priority": 1, "source": 2})
}
