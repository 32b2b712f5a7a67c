//! deskferry moves a whole help desk from one platform to another.
//!
//! The way of a record goes in one direction, without shortcuts:
//!
//! ```text
//! source desk ─pull▶ wire types ─normalize + mapping▶ schema record ─▶ LEDGER
//!                                                                       │ resolve references
//!                                                                       ▼
//! target desk ◀─push, paced─ payload ◀─mapping + render─ plan ◀─ what is new or changed
//!      │                                                                ▲
//!      └───────────── receipts, read-back (verify) ─────────────────────┘
//! ```
//!
//! A sink never sees a source's wire types and a source never knows the
//! target: everything meets in [`schema`] and in [`ledger`]. Dependencies run
//! one way: `cli → report, engine → connectors → connector, http → mapping,
//! ledger → schema`. The engine names no platform; only [`cli`] prints.

pub mod cli;
pub mod connector;
pub mod connectors;
pub mod engine;
pub mod http;
pub mod lang;
pub mod ledger;
pub mod mapping;
pub mod report;
pub mod sandbox;
pub mod schema;
