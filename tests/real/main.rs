//! Tests against real help desks, installed and started here:
//! `cargo test --test real -- --nocapture`. Needs root on Debian 12.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod browser;
mod moves;
mod reads;
#[cfg(feature = "remote")]
mod remote;
mod server;
mod writes;

use server::{Rt, step, wanted};

/// One test in steps, because all of them share the servers.
/// `DESKFERRY_REAL_STEPS=read,write,move,zendesk,remote,browser` picks some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_tracker() {
    let a = Rt::start("a");
    step("seed");
    let facts = a.seed();
    if wanted("read") {
        step("read");
        let source = a.source("");
        let desk = reads::everything(&source).await;
        reads::check_is_good(&source).await;
        reads::everybody_is_there(&desk);
        reads::fields_of_every_type(&desk);
        reads::every_ticket_is_read_once(&desk, &facts);
        reads::unset_dates_are_none(&desk, &facts);
        reads::deleted_and_merged_tickets_are_found(&desk, &facts);
        reads::links_are_read(&desk, &facts);
        reads::only_messages_are_read_from_the_history(&desk, &facts);
        reads::long_histories_are_paged(&desk, &facts);
        reads::both_bodies_and_headers_of_a_mail(&desk, &facts);
        reads::inline_images_are_tied_to_the_text(&desk, &facts);
        reads::bytes_survive(&source, &desk, &facts).await;
        reads::booked_time_is_read(&desk, &facts);
        reads::articles_are_read(&desk);
        reads::a_wrong_token_is_an_auth_error(&a).await;
        reads::queues_can_be_chosen(&a).await;
        reads::a_later_run_reads_only_what_changed(&source, &a).await;
    }
    if wanted("write") {
        let b = Rt::start("b");
        step("write");
        writes::users_queues_and_fields_are_matched(&b).await;
        writes::hidden_values_are_refused_before_they_are_dropped(&b).await;
        writes::queue_watchers_are_an_interlock(&b).await;
        writes::a_conversation_is_found_by_its_marker_and_mails_nobody(&b).await;
        writes::links_wait_for_their_other_end(&b).await;
        writes::long_messages_and_active_markup_arrive_readable(&b).await;
        // Last: RT mails what its own people change.
        reads::the_history_is_read_on_request(&b).await;
    }
    if wanted("move") {
        let c = Rt::start("c");
        step("move to Request Tracker");
        moves::from_rt_to_rt(&a, &c, &facts).await;
    }
    if wanted("zendesk") {
        step("move to Zendesk");
        moves::from_rt_to_zendesk(&a, &facts).await;
    }
}

/// Needs Python, and installs moto's server where it is missing.
#[cfg(feature = "remote")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn object_storage() {
    if wanted("remote") {
        remote::ledger_in_s3().await;
    }
}

/// Needs Python, and installs Chromium, Selenium and axe-core where they are missing.
#[test]
fn reports_in_a_browser() {
    if wanted("browser") {
        browser::reports_can_be_read_by_everybody();
    }
}
