//! Expressions: one a field, strict, bounded, compiled once.

use std::collections::HashMap;
use std::ops::Range;
use std::str::FromStr;
use std::sync::{Arc, LazyLock, OnceLock};

use minijinja::value::{Object, Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Expression, State, UndefinedBehavior, Value};
use regex::Regex;

use super::privacy::{Handling, Privacy, Redactor};
use super::value::parse_date;

/// Instructions that one evaluation may take: thousands of times what a
/// sensible expression needs, and over in milliseconds.
const FUEL: u64 = 50_000;

/// The variables that an expression sees.
pub(super) const VARIABLES: [&str; 3] = ["value", "record", "fields"];

/// What filters look into.
const SHARED: &str = "_deskferry";

/// What all expressions of a mapping share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Region of phone numbers without a country code: `DE`.
    pub country: Option<String>,
    /// Tables for `lookup`, by name, then by lower-case value.
    pub tables: HashMap<String, HashMap<String, serde_json::Value>>,
}

impl Object for Shared {}

/// One compiled expression.
#[derive(Clone)]
pub(super) struct Expr {
    compiled: Arc<Expression<'static, 'static>>,
    /// It looks at more than the value.
    pub looks_around: bool,
    /// Names after `fields.` and `record.`, as far as they are written out.
    pub paths: Vec<String>,
}

impl std::fmt::Debug for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Expr").field("paths", &self.paths).finish()
    }
}

impl Expr {
    /// Compiles an expression, or says what is wrong and where in its text.
    pub fn compile(source: &str) -> Result<Expr, (Range<usize>, String)> {
        let compiled = environment()
            .compile_expression_owned(source.to_owned())
            .map_err(|error| (range_of(&error), reason(&error)))?;
        let names = compiled.undeclared_variables(false);
        let mut unknown: Vec<&String> = names
            .iter()
            .filter(|name| !VARIABLES.contains(&name.as_str()))
            .collect();
        unknown.sort();
        if let Some(name) = unknown.first() {
            let at = source.find(name.as_str()).unwrap_or(0);
            let what = super::document::unknown("variable", "", name, VARIABLES.into_iter());
            return Err((at..at + name.len(), what));
        }
        // Filters and functions are resolved when they are reached, which may
        // be in the middle of a run: a trial run without data finds them now.
        if let Err(error) = compiled.eval(minijinja::context! { value => "" })
            && matches!(
                error.kind(),
                ErrorKind::UnknownFilter
                    | ErrorKind::UnknownFunction
                    | ErrorKind::UnknownTest
                    | ErrorKind::UnknownMethod
            )
        {
            return Err((range_of(&error), reason(&error)));
        }
        let mut paths: Vec<String> = compiled.undeclared_variables(true).into_iter().collect();
        paths.sort();
        Ok(Expr {
            looks_around: names.iter().any(|name| name != "value"),
            compiled: Arc::new(compiled),
            paths,
        })
    }

    /// The value of the expression; the error says what went wrong.
    pub fn eval(
        &self,
        value: &serde_json::Value,
        record: Value,
        fields: Value,
        shared: &Arc<Shared>,
    ) -> Result<serde_json::Value, String> {
        let context = minijinja::context! {
            value => Value::from(Serde(value)),
            record => record,
            fields => fields,
            _deskferry => Value::from_dyn_object(shared.clone()),
        };
        let result = self
            .compiled
            .eval(context)
            .map_err(|error| reason(&error))?;
        if result.kind() == ValueKind::Undefined {
            return Err("the expression has no value".into());
        }
        serde_json::to_value(&result).map_err(|error| error.to_string())
    }
}

/// A text with expressions in it, compiled once.
pub(super) struct Template(Environment<'static>);

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template")
    }
}

impl Template {
    /// Compiles a template, or says what is wrong and where in its text.
    pub fn compile(source: &str) -> Result<Template, (Range<usize>, String)> {
        let mut environment = environment().clone();
        environment
            .add_template_owned("text", source.to_owned())
            .map_err(|error| (range_of(&error), reason(&error)))?;
        let template = Template(environment);
        let names = template
            .0
            .get_template("text")
            .map_err(|error| (range_of(&error), reason(&error)))?
            .undeclared_variables(false);
        let mut unknown: Vec<&String> = names
            .iter()
            .filter(|name| !VARIABLES[1..].contains(&name.as_str()))
            .collect();
        unknown.sort();
        if let Some(name) = unknown.first() {
            let at = source.find(name.as_str()).unwrap_or(0);
            let known = VARIABLES[1..].iter().copied();
            let what = super::document::unknown("variable", "", name, known);
            return Err((at..at + name.len(), what));
        }
        Ok(template)
    }

    /// The text.
    pub fn render(
        &self,
        record: Value,
        fields: Value,
        shared: &Arc<Shared>,
    ) -> Result<String, String> {
        let context = minijinja::context! {
            record => record,
            fields => fields,
            _deskferry => Value::from_dyn_object(shared.clone()),
        };
        self.0
            .get_template("text")
            .and_then(|template| template.render(context))
            .map_err(|error| reason(&error))
    }
}

fn range_of(error: &Error) -> Range<usize> {
    error.range().unwrap_or(0..0)
}

fn reason(error: &Error) -> String {
    let kind = error.kind().to_string();
    match error.detail() {
        Some(detail) if !detail.is_empty() => format!("{kind}: {detail}"),
        _ => kind,
    }
}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.add_filter("e164", e164);
        environment.add_filter("lookup", lookup);
        environment.add_filter("date", date);
        environment.add_filter("html_to_md", html_to_md);
        environment.add_filter("redact", redact);
        environment
    })
}

fn shared(state: &State<'_, '_>) -> Option<Arc<Shared>> {
    state.lookup(SHARED)?.downcast_object::<Shared>()
}

fn invalid(detail: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail)
}

/// `"030 901820"|e164("DE")` → `+4930901820`; without a country, the mapping's own.
fn e164(state: &State<'_, '_>, number: String, country: Option<String>) -> Result<String, Error> {
    let country = country.or_else(|| shared(state)?.country.clone());
    let id = match &country {
        Some(name) => Some(
            phonenumber::country::Id::from_str(name)
                .map_err(|_| invalid(format!("no country `{name}`")))?,
        ),
        None => None,
    };
    let parsed = phonenumber::parse(id, number.trim())
        .map_err(|cause| invalid(format!("`{number}` is no phone number: {cause}")))?;
    Ok(parsed.format().mode(phonenumber::Mode::E164).to_string())
}

/// `value|lookup("colors")`: the value's entry in `[tables.colors]`.
fn lookup(state: &State<'_, '_>, value: Value, table: String) -> Result<Value, Error> {
    let Some(shared) = shared(state) else {
        return Ok(Value::from(()));
    };
    let entries = shared
        .tables
        .get(&table)
        .ok_or_else(|| invalid(format!("no table `{table}`")))?;
    entries
        .get(&value.to_string().to_lowercase())
        .map(|found| Value::from(Serde(found)))
        .ok_or_else(|| invalid(format!("`{value}` is not in table `{table}`")))
}

/// `value|date("%d.%m.%Y")`; without a format, `2019-06-25`.
fn date(value: Value, format: Option<String>) -> Result<String, Error> {
    let text = value.to_string();
    let date = parse_date(&text).ok_or_else(|| invalid(format!("`{text}` is no date")))?;
    let format = format.as_deref().unwrap_or("%Y-%m-%d");
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC);
    jiff::fmt::strtime::format(format, &zoned)
        .map_err(|cause| invalid(format!("`{format}` is no date format: {cause}")))
}

/// HTML as Markdown.
fn html_to_md(html: String) -> Result<String, Error> {
    htmd::convert(&html).map_err(|cause| invalid(cause.to_string()))
}

/// Mail addresses, phone and card numbers replaced by their sort, as
/// `[privacy]` finds them; and every other number of seven digits or more.
fn redact(text: String) -> String {
    static PRIVATE: LazyLock<Redactor> = LazyLock::new(|| {
        let rules = Privacy {
            emails: Handling::Drop,
            phones: Handling::Drop,
            cards: Handling::Drop,
            ..Privacy::default()
        };
        // No pseudonyms, so no secret.
        Redactor::new("", rules)
    });
    #[allow(clippy::unwrap_used)] // written here, and compiled by a test
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\+?\d(?:[ ().\-/]?\d){6,}").unwrap());
    let known = PRIVATE.text(&text);
    NUMBER.replace_all(&known, "[number]").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(source: &str, value: serde_json::Value) -> Result<serde_json::Value, String> {
        let mut shared = Shared {
            country: Some("DE".into()),
            ..Shared::default()
        };
        let colors = HashMap::from([("red".to_owned(), json!("rot"))]);
        shared.tables.insert("colors".into(), colors);
        Expr::compile(source).map_err(|(_, what)| what)?.eval(
            &value,
            Value::from(()),
            Value::from(()),
            &Arc::new(shared),
        )
    }

    #[test]
    fn filters_do_what_they_say() {
        assert_eq!(
            run("value|e164", json!("030 901820")).unwrap(),
            "+4930901820"
        );
        assert_eq!(
            run("value|e164('US')", json!("(212) 555-2368")).unwrap(),
            "+12125552368"
        );
        assert_eq!(run("value|lookup('colors')", json!("Red")).unwrap(), "rot");
        assert_eq!(
            run("value|date('%d.%m.%Y')", json!("2019-06-25T10:15:00Z")).unwrap(),
            "25.06.2019"
        );
        assert_eq!(
            run("value|html_to_md", json!("<p>a <b>b</b></p>")).unwrap(),
            "a **b**"
        );
        assert_eq!(
            run(
                "value|redact",
                json!("call +49 30 901820 or ada@example.com, room 12")
            )
            .unwrap(),
            "call [phone] or [email], room 12"
        );
        assert_eq!(
            run(
                "value|redact",
                json!(
                    "DE89370400440532013000, ORD-1234567, 4111 1111 1111 1112, b2345678@example.com"
                )
            )
            .unwrap(),
            "DE[number], ORD-[number], [number], [email]"
        );
        assert_eq!(run("value * 2 + 1", json!(20)).unwrap(), 41);
        assert_eq!(
            run("value|upper if value else none", json!("")).unwrap(),
            json!(null)
        );
    }

    #[test]
    fn failures_are_errors_and_never_end_up_in_a_record() {
        for (source, value) in [
            ("value|e164", json!("nobody")),
            ("value|lookup('colors')", json!("blue")),
            ("value|lookup('sizes')", json!("red")),
            ("value|date", json!("tomorrow")),
            ("record.nothing.at.all", json!("")),
            ("value.missing", json!({})),
            ("range(100000)|map('string')|join|length", json!("")),
        ] {
            let result = run(source, value);
            assert!(result.is_err(), "{source}: {result:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_found_before_anything_runs() {
        for source in ["value +", "value|uper", "valeu|upper", "nope(value)"] {
            assert!(Expr::compile(source).is_err(), "{source}");
        }
    }
}
