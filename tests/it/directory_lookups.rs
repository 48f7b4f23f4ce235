//! Somebody signs in, and is asked for by themselves, while a run reads the directory: whoever read earlier does not undo what the other found out. On both
//! databases.

use std::time::Duration;

use crate::directory::{enrol, sign_in};
use crate::directory_faults::Faulty;
use crate::support::app::Engine;
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::faulty_ldap::ber::Filter;
use crate::support::faulty_ldap::directory::{Vendor, people, person_dn};
use crate::support::faulty_ldap::{Directory, Entry, Request, slowly};
use crate::support::http::Browser;
use crate::support::wait_until;

/// Twelve people here and there, of whom one has a passkey; the server runs and has made the run of its start.
async fn with_a_passkey(engine: Engine) -> (Faulty, SoftwarePasskeys) {
    let mut faulty = Faulty::start_on(engine, Directory::of(Vendor::OpenLdap).with(people(12)).with([Entry::group("all", &["person003"])])).await;
    // One page: this server counts its pages by entries, and one of them goes.
    faulty.site.set(&[("LDAP_SYNC_AT_SIGN_IN", "true"), ("TRUST_PROXY", "true"), ("LDAP_PAGE_SIZE", "100")]);
    faulty.site.sync("applied").await;
    faulty.site.muster.serve().await;
    let started = "SELECT COUNT(*) FROM sync_runs WHERE started_by = 'start' AND outcome IS NOT NULL";
    wait_until("the run of the start", async || faulty.site.count(started).await == 1).await;
    let url = faulty.site.muster.url();
    let passkeys = SoftwarePasskeys::new(&url);
    enrol(&faulty.site, &Browser::new(&url), &passkeys, "person002").await;
    (faulty, passkeys)
}

/// Another address for somebody, which is something to write about them.
fn is_called_otherwise(directory: &mut Directory) {
    let dn = person_dn("person002").into_bytes();
    let entry = directory.entries.iter_mut().find(|entry| entry.dn == dn).expect("they are there");
    entry.attributes.retain(|(name, _)| name != b"mail");
    entry.attributes.push((b"mail".to_vec(), vec![b"other@example.org".to_vec()]));
}

fn is_gone(directory: &mut Directory) {
    let dn = person_dn("person002").into_bytes();
    directory.entries.retain(|entry| entry.dn != dn);
}

/// Whether all people are asked for, and not one by their id.
fn is_of_a_run(asked: &Request) -> bool {
    asked.asks_for("uid") && asked.page() == Some(1) && asked.search().is_some_and(|search| matches!(search.filter, Filter::Equal(..)))
}

fn is_of_a_sign_in(asked: &Request) -> bool {
    asked.asks_for("uid") && asked.search().is_some_and(|search| matches!(search.filter, Filter::And(..)))
}

const IS_OUT: &str = "SELECT COUNT(*) FROM users WHERE username = 'person002' AND directory_state = 'missing'";

#[tokio::test]
async fn what_a_sign_in_finds_out_while_a_run_reads_is_not_undone_by_that_run() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        eprintln!("on {engine:?}");
        let (mut faulty, passkeys) = with_a_passkey(engine).await;
        let url = faulty.site.muster.url();
        faulty.server.change(is_called_otherwise);
        // What the run gets is how it was when it asked.
        faulty.server.bend(|asked, honest| if is_of_a_run(asked) { slowly(honest, Duration::from_millis(500)) } else { honest });
        faulty.server.take_requests();
        let mut run = faulty.site.muster.start(["directory", "sync", "--format", "json"], "run.log");
        wait_until("the run to ask for people", async || faulty.server.take_requests().iter().any(is_of_a_run)).await;
        faulty.server.change(is_gone);
        assert_ne!(sign_in(&faulty.site, &Browser::new(&url), &passkeys).await, 200, "the sign-in asks for itself");
        assert_eq!(faulty.site.count(IS_OUT).await, 1);
        wait_until("the run to end", async || run.ended().is_some()).await;
        assert_eq!(faulty.site.count(IS_OUT).await, 1, "the run brought back who had left meanwhile:\n{}", run.log());
        faulty.server.behave();
        faulty.site.sync("unchanged").await;
        faulty.site.muster.stop().await;
    }
}

#[tokio::test]
async fn what_a_run_finds_out_while_a_sign_in_asks_is_not_undone_by_that_sign_in() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        eprintln!("on {engine:?}");
        let (mut faulty, passkeys) = with_a_passkey(engine).await;
        let url = faulty.site.muster.url();
        faulty.server.change(is_called_otherwise);
        faulty.server.bend(|asked, honest| if is_of_a_sign_in(asked) { slowly(honest, Duration::from_millis(600)) } else { honest });
        faulty.server.take_requests();
        let browser = Browser::new(&url);
        let overtaken = async {
            wait_until("the sign-in to ask", async || faulty.server.take_requests().iter().any(is_of_a_sign_in)).await;
            faulty.server.change(is_gone);
            faulty.site.sync("applied").await
        };
        let (status, report) = tokio::join!(sign_in(&faulty.site, &browser, &passkeys), overtaken);
        assert_eq!(report["users"]["disabled"], 1, "{report}");
        eprintln!("the sign-in was answered with {status}");
        assert_eq!(faulty.site.count(IS_OUT).await, 1, "the sign-in brought back who had left meanwhile");
        assert_ne!(browser.get("/account").await.status, 200, "and has no session");
        faulty.site.muster.stop().await;
    }
}
