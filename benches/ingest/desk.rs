//! The desk that is served: pages put together from templates, so that serving costs little.
//!
//! A template is a record's JSON with `@slots@` (`@@` is one `@`). Filling one is a few copies:
//! every number and date has a fixed width, nothing is serialized while the
//! clock runs.

use std::fmt::Write;

use crate::files;

/// Records of one kind on a page of the desk.
pub const PAGE: u64 = 1000;

/// First ids; all have 12 digits, as real ones have.
const USER: u64 = 360_000_000_000;
const ORGANIZATION: u64 = 361_000_000_000;
const COMMENT: u64 = 362_000_000_000;
const AUDIT: u64 = 364_000_000_000;
const IDENTITY: u64 = 366_000_000_000;
const TICKET: u64 = 100_000_000_000;

/// The first users of the desk are its agents.
pub const AGENTS: u64 = 40;

/// The address of an agent.
pub fn agent_email(n: u64) -> String {
    format!("person.{}@example.com", USER + n)
}

/// 2019-01-01, when the desk opened. One comment is written every minute.
pub const OPENED: u64 = 1_546_300_800;
const EVERY: u64 = 60;

/// How much the desk holds.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Tickets, a multiple of [`PAGE`].
    pub tickets: u64,
    /// Files: the first comments have one each.
    pub files: u64,
}

impl Size {
    /// The desk with at least so many tickets.
    pub fn of(tickets: u64) -> Size {
        Size {
            tickets: tickets.max(1).div_ceil(PAGE) * PAGE,
            files: 0,
        }
    }

    /// Three to a ticket.
    pub fn comments(self) -> u64 {
        self.tickets * 3
    }

    /// One to four tickets.
    pub fn users(self) -> u64 {
        self.tickets / 4
    }

    /// One to a hundred tickets.
    pub fn organizations(self) -> u64 {
        self.tickets / 100
    }

    /// Everything.
    pub fn records(self) -> u64 {
        self.tickets + self.comments() + self.users() + self.organizations()
    }
}

/// What fills the slots of one record.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    id: u64,
    other: u64,
    ticket: u64,
    user: u64,
    agent: u64,
    organization: u64,
    created: u64,
    updated: u64,
    file: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Id,
    Other,
    Ticket,
    User,
    Agent,
    Organization,
    Created,
    Updated,
    Stamp,
    Files,
}

/// A record's JSON, cut at its slots.
struct Template {
    text: Vec<u8>,
    /// Where a slot stands in `text`, in order.
    slots: Vec<(usize, Slot)>,
}

impl Template {
    fn new(json: &str) -> Template {
        let mut text = Vec::new();
        let mut slots = Vec::new();
        for (i, part) in json.split('@').enumerate() {
            if i.is_multiple_of(2) {
                text.extend_from_slice(part.as_bytes());
                continue;
            }
            let slot = match part {
                "" => {
                    text.push(b'@');
                    continue;
                }
                "id" => Slot::Id,
                "other" => Slot::Other,
                "ticket" => Slot::Ticket,
                "user" => Slot::User,
                "agent" => Slot::Agent,
                "organization" => Slot::Organization,
                "created" => Slot::Created,
                "updated" => Slot::Updated,
                "stamp" => Slot::Stamp,
                "files" => Slot::Files,
                other => panic!("no slot is called {other}"),
            };
            slots.push((text.len(), slot));
        }
        Template { text, slots }
    }

    fn fill(&self, row: Row, base: &str, out: &mut Vec<u8>) {
        let mut from = 0;
        for &(at, slot) in &self.slots {
            out.extend_from_slice(&self.text[from..at]);
            from = at;
            match slot {
                Slot::Id => number(row.id, out),
                Slot::Other => number(row.other, out),
                Slot::Ticket => number(row.ticket, out),
                Slot::User => number(row.user, out),
                Slot::Agent => number(row.agent, out),
                Slot::Organization => number(row.organization, out),
                Slot::Created => date(row.created, out),
                Slot::Updated => date(row.updated, out),
                Slot::Stamp => number(row.updated, out),
                Slot::Files => {
                    out.extend(
                        row.file
                            .iter()
                            .flat_map(|n| files::json(*n, base).into_bytes()),
                    );
                }
            }
        }
        out.extend_from_slice(&self.text[from..]);
    }
}

fn number(mut value: u64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// `2019-01-01T00:00:00Z`; the civil date by the usual counting of days from a March.
fn date(seconds: u64, out: &mut Vec<u8>) {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    number(year, out);
    for (before, value) in [
        (b'-', month),
        (b'-', day),
        (b'T', second / 3600),
        (b':', second / 60 % 60),
        (b':', second % 60),
    ] {
        out.extend_from_slice(&[before, b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]);
    }
    out.push(b'Z');
}

/// The desk, ready to be served.
pub struct Desk {
    /// How much it holds.
    pub size: Size,
    base: String,
    tickets: Vec<Template>,
    events: Vec<Template>,
    agents: Vec<Template>,
    customers: Vec<Template>,
    identities: Vec<Template>,
    organizations: Vec<Template>,
}

/// The pages of an incremental export, as far as they differ.
pub struct Cut {
    /// The JSON list without its brackets.
    pub rows: Vec<u8>,
    /// How many rows.
    pub count: u64,
    /// Index of the row after the last.
    pub end: u64,
    /// There is nothing after it.
    pub done: bool,
}

impl Desk {
    /// Writes the templates: 500 different texts a kind, so that no page repeats itself.
    pub fn new(size: Size, base: &str) -> Desk {
        let all = |make: fn(u64, &str) -> String| -> Vec<Template> {
            (0..500).map(|n| Template::new(&make(n, base))).collect()
        };
        Desk {
            size,
            base: base.to_owned(),
            tickets: all(ticket),
            events: all(event),
            agents: all(|n, base| user(n, base, "agent")),
            customers: all(|n, base| user(n, base, "end-user")),
            identities: all(identity),
            organizations: all(organization),
        }
    }

    /// Tickets from this index on.
    pub fn tickets(&self, from: u64, limit: u64) -> Cut {
        self.cut(
            |_| &self.tickets,
            self.size.tickets,
            from,
            limit,
            |n| {
                let created = comment_date(first_comment(n));
                Row {
                    id: TICKET + n,
                    user: self.requester(n),
                    agent: USER + n % AGENTS,
                    organization: ORGANIZATION + n % self.size.organizations(),
                    created,
                    updated: created + 2 * PAGE * EVERY,
                    ..Row::default()
                }
            },
        )
    }

    /// Ticket events from this index on: comment by comment, as they were written.
    pub fn events(&self, from: u64, limit: u64) -> Cut {
        self.cut(
            |_| &self.events,
            self.size.comments(),
            from,
            limit,
            |n| {
                // Of 3000 comments in a row each of 1000 tickets gets three, a thousand apart.
                let ticket = n / (3 * PAGE) * PAGE + n % PAGE;
                let turn = n / PAGE % 3;
                let requester = self.requester(ticket);
                let agent = USER + ticket % AGENTS;
                Row {
                    id: AUDIT + n,
                    other: COMMENT + n,
                    ticket: TICKET + ticket,
                    user: if turn == 1 { agent } else { requester },
                    agent,
                    created: comment_date(n),
                    updated: comment_date(n),
                    file: (n < self.size.files).then_some(n),
                    ..Row::default()
                }
            },
        )
    }

    /// Users from this index on; the first [`AGENTS`] are agents.
    pub fn users(&self, from: u64, limit: u64) -> Cut {
        let of = |n| {
            if n < AGENTS {
                &self.agents
            } else {
                &self.customers
            }
        };
        self.cut(of, self.size.users(), from, limit, |n| Row {
            id: USER + n,
            organization: ORGANIZATION + n % self.size.organizations(),
            created: OPENED + n,
            updated: OPENED + n,
            ..Row::default()
        })
    }

    /// The addresses of the same users: one each.
    pub fn identities(&self, from: u64, limit: u64) -> Cut {
        self.cut(
            |_| &self.identities,
            self.size.users(),
            from,
            limit,
            |n| Row {
                id: IDENTITY + n,
                user: USER + n,
                created: OPENED + n,
                ..Row::default()
            },
        )
    }

    /// Organizations from this index on.
    pub fn organizations(&self, from: u64, limit: u64) -> Cut {
        let total = self.size.organizations();
        self.cut(
            |_| &self.organizations,
            total,
            from,
            limit,
            |n| Row {
                id: ORGANIZATION + n,
                created: OPENED + n,
                updated: OPENED + n,
                ..Row::default()
            },
        )
    }

    fn cut<'a>(
        &'a self,
        templates: impl Fn(u64) -> &'a Vec<Template>,
        total: u64,
        from: u64,
        limit: u64,
        row: impl Fn(u64) -> Row,
    ) -> Cut {
        let end = total.min(from.saturating_add(limit));
        let mut rows = Vec::with_capacity(3 << 20);
        for n in from..end {
            if n > from {
                rows.push(b',');
            }
            let templates = templates(n);
            // 7 and 500 have no common divisor: every text is used, in another order than the ids.
            templates[(n * 7 % templates.len() as u64) as usize].fill(
                row(n),
                &self.base,
                &mut rows,
            );
        }
        Cut {
            rows,
            count: end.saturating_sub(from),
            end,
            done: end >= total,
        }
    }

    fn requester(&self, ticket: u64) -> u64 {
        USER + AGENTS + ticket % (self.size.users() - AGENTS)
    }

    /// The first event at or after this time.
    pub fn event_at(&self, seconds: u64) -> u64 {
        seconds
            .saturating_sub(OPENED)
            .div_ceil(EVERY)
            .min(self.size.comments())
    }
}

/// When the event with this index happened.
pub fn comment_date(n: u64) -> u64 {
    OPENED + n * EVERY
}

fn first_comment(ticket: u64) -> u64 {
    ticket / PAGE * 3 * PAGE + ticket % PAGE
}

const WORDS: &str = "the a lamp order please shipment arrived broken thanks could you tell me when \
    invoice number we have received your message and will look into it today customer dimmer \
    bulb warranty replacement address changed delivery carrier tracking refund payment card \
    account password reset screen error update version install cable power switch noise light \
    colour green orange small large first second morning evening monday friday photo attached \
    regards team support question answer because after before still again never always maybe \
    größe façade naïve señor übermorgen déjà crème żółty";

/// Text of so many words, other for every seed, with line ends in between.
fn text(seed: u64, words: u64) -> String {
    let list: Vec<&str> = WORDS.split_whitespace().collect();
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut out = String::new();
    for i in 0..words {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let pick = (state >> 33) as usize;
        if i > 0 {
            out.push_str(if pick.is_multiple_of(17) { "\\n" } else { " " });
        }
        out.push_str(list[pick % list.len()]);
        if pick.is_multiple_of(29) {
            let _ = write!(out, " {}", pick % 100_000);
        }
    }
    out
}

fn html(text: &str) -> String {
    format!(
        "<div class=\\\"zd-comment\\\" dir=\\\"auto\\\"><p dir=\\\"auto\\\">{}</p></div>",
        text.replace("\\n", "<br>\\n")
    )
}

fn channel(n: u64) -> &'static str {
    [
        "email",
        "web",
        "email",
        "api",
        "native_messaging",
        "email",
        "voice",
        "whatsapp",
    ][(n % 8) as usize]
}

fn ticket(n: u64, base: &str) -> String {
    let subject = text(n, 4 + n % 5);
    let description = text(n + 1000, 15 + n % 60);
    let fields: Vec<String> = (0..9)
        .map(|field| {
            let value = match field {
                0 => format!("\"{}\"", 10_000 + n * 7),
                1 => "null".to_owned(),
                2 => (n % 12).to_string(),
                3 => n.is_multiple_of(2).to_string(),
                4 => format!("\"prod_{}\"", n % 30),
                5 => format!("[\"sym_{}\",\"sym_{}\"]", n % 5, n % 7 + 5),
                6 => "\"2024-02-29\"".to_owned(),
                _ => "null".to_owned(),
            };
            format!(
                "{{\"id\":{},\"value\":{value}}}",
                370_000_000_000_u64 + field
            )
        })
        .collect();
    let fields = fields.join(",");
    let status = ["solved", "closed", "open", "pending", "closed"][(n % 5) as usize];
    let kind = ["question", "incident", "problem", "task"][(n % 4) as usize];
    let priority = ["low", "normal", "high", "urgent"][(n % 4) as usize];
    let via = channel(n);
    format!(
        "{{\"url\":\"{base}/api/v2/tickets/@id@.json\",\"id\":@id@,\"external_id\":null,\
         \"via\":{{\"channel\":\"{via}\",\"source\":{{\"from\":{{}},\"to\":{{}},\"rel\":null}}}},\
         \"created_at\":\"@created@\",\"updated_at\":\"@updated@\",\"generated_timestamp\":@stamp@,\
         \"type\":\"{kind}\",\"subject\":\"{subject}\",\"raw_subject\":\"{subject}\",\
         \"description\":\"{description}\",\"priority\":\"{priority}\",\"status\":\"{status}\",\
         \"recipient\":\"support@@lumen.example.com\",\"requester_id\":@user@,\"submitter_id\":@user@,\
         \"assignee_id\":@agent@,\"organization_id\":@organization@,\"group_id\":365000000001,\
         \"collaborator_ids\":[],\"follower_ids\":[],\"email_cc_ids\":[],\"forum_topic_id\":null,\
         \"problem_id\":null,\"has_incidents\":false,\"is_public\":true,\"due_at\":null,\
         \"tags\":[\"order\",\"prod_{}\",\"region_{}\"],\"custom_fields\":[{fields}],\
         \"satisfaction_rating\":{{\"score\":\"unoffered\"}},\"sharing_agreement_ids\":[],\
         \"custom_status_id\":null,\"encoded_id\":\"LUM000-AAAA\",\"fields\":[{fields}],\
         \"followup_ids\":[],\"ticket_form_id\":365000000011,\"brand_id\":365000000021,\
         \"allow_channelback\":false,\"allow_attachments\":true,\"from_messaging_channel\":false,\
         \"comment_count\":3,\"result_type\":\"ticket\"}}",
        n % 30,
        n % 9
    )
}

fn event(n: u64, _base: &str) -> String {
    let words = match n % 10 {
        0 => 90 + n % 110,
        1..=3 => 35 + n % 30,
        _ => 8 + n % 20,
    };
    let text = text(n + 5000, words);
    let html = html(&text);
    let via = channel(n);
    let public = n % 6 != 5;
    format!(
        "{{\"id\":@id@,\"ticket_id\":@ticket@,\"timestamp\":@stamp@,\"created_at\":\"@created@\",\
         \"updater_id\":@user@,\"via\":\"Mail\",\"system\":{{\"client\":\"Example Browser 12.0\",\
         \"ip_address\":\"192.0.2.7\",\"location\":\"Example Town\",\"latitude\":1.5,\"longitude\":2.5}},\
         \"event_type\":\"Audit\",\"metadata\":{{}},\"merged_ticket_ids\":[],\"child_events\":[\
         {{\"id\":@other@,\"type\":\"Comment\",\"author_id\":@user@,\"body\":\"{text}\",\
         \"html_body\":\"{html}\",\"plain_body\":\"{text}\",\"public\":{public},\"attachments\":[@files@],\
         \"audit_id\":@id@,\"ticket_id\":@ticket@,\"created_at\":\"@created@\",\
         \"via\":{{\"channel\":\"{via}\",\"source\":{{\"from\":{{\"address\":\"someone@@example.com\",\
         \"name\":\"Someone\"}},\"to\":{{\"name\":\"Lumen\",\"address\":\"support@@lumen.example.com\"}},\
         \"rel\":null}}}},\"via_reference_id\":null,\"event_type\":\"Comment\"}},\
         {{\"id\":@id@,\"via\":\"Mail\",\"via_reference_id\":null,\"status\":\"open\",\
         \"previous_value\":\"new\",\"event_type\":\"Change\"}}]}}"
    )
}

fn user(n: u64, base: &str, role: &str) -> String {
    let notes = text(n + 9000, n % 20);
    let name = text(n + 9500, 2).replace("\\n", " ");
    let phone = if n.is_multiple_of(3) {
        format!("\"+49305550{:04}\"", n % 10_000)
    } else {
        "null".into()
    };
    format!(
        "{{\"id\":@id@,\"url\":\"{base}/api/v2/users/@id@.json\",\"name\":\"{name} @id@\",\
         \"email\":\"person.@id@@@example.com\",\"created_at\":\"@created@\",\"updated_at\":\"@updated@\",\
         \"time_zone\":\"Berlin\",\"iana_time_zone\":\"Europe/Berlin\",\"phone\":{phone},\
         \"shared_phone_number\":null,\"photo\":null,\"locale_id\":1,\"locale\":\"en-US\",\
         \"organization_id\":@organization@,\"role\":\"{role}\",\"verified\":true,\
         \"external_id\":\"crm-@id@\",\"tags\":[\"vip\"],\"alias\":null,\"active\":true,\"shared\":false,\
         \"shared_agent\":false,\"last_login_at\":null,\"two_factor_auth_enabled\":null,\
         \"signature\":null,\"details\":null,\"notes\":\"{notes}\",\"role_type\":null,\
         \"custom_role_id\":null,\"moderator\":false,\"ticket_restriction\":\"requested\",\
         \"only_private_comments\":false,\"restricted_agent\":true,\"suspended\":false,\
         \"default_group_id\":null,\"report_csv\":false,\"user_fields\":{{\"loyalty\":\"gold\",\
         \"birthday\":null,\"newsletter\":true,\"shoe_size\":{}}}}}",
        30 + n % 20
    )
}

fn identity(_: u64, base: &str) -> String {
    format!(
        "{{\"id\":@id@,\"url\":\"{base}/api/v2/users/@user@/identities/@id@.json\",\
         \"user_id\":@user@,\"type\":\"email\",\"value\":\"person.@user@@@example.com\",\
         \"verified\":true,\"primary\":true,\"created_at\":\"@created@\",\
         \"updated_at\":\"@created@\",\"undeliverable_count\":0,\
         \"deliverable_state\":\"deliverable\"}}"
    )
}

fn organization(n: u64, base: &str) -> String {
    format!(
        "{{\"id\":@id@,\"url\":\"{base}/api/v2/organizations/@id@.json\",\"name\":\"Company @id@\",\
         \"shared_tickets\":false,\"shared_comments\":false,\"external_id\":null,\
         \"created_at\":\"@created@\",\"updated_at\":\"@updated@\",\"domain_names\":[\"c{n}.test\"],\
         \"details\":\"\",\"notes\":\"\",\"group_id\":null,\"tags\":[],\
         \"organization_fields\":{{\"region\":\"emea\",\"seats\":{n}}},\"deleted_at\":null}}"
    )
}
