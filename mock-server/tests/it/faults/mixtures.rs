//! After any mixture of faults the world goes on.

use mock_server::MockServer;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{KINDS, OWN_EMAILS, START, set};
use crate::harness::{APP, Caller, World, login_body};

/// Any fault whose answer does not take long.
fn fault() -> impl Strategy<Value = Value> {
    let fields = proptest::sample::select(&KINDS[..]).prop_flat_map(|kind| {
        let when = prop_oneof![Just("before"), Just("after")];
        match kind {
            "latency" => (0_u32..4, 0_u32..4)
                .prop_map(|(from, more)| json!({ "milliseconds": { "uniform": [from, from + more] } }))
                .boxed(),
            "status" => (proptest::sample::select(&[400, 401, 422, 500, 503][..]), when)
                .prop_map(|(status, when)| json!({ "status": status, "when": when }))
                .boxed(),
            "cut" | "reset" => when.prop_map(|when| json!({ "when": when })).boxed(),
            "truncate" => (0_usize..40).prop_map(|bytes| json!({ "bytes": bytes })).boxed(),
            "throttle" => (0_u32..9).prop_map(|seconds| json!({ "retry_after_seconds": seconds })).boxed(),
            "message-delay" => (0_u32..99).prop_map(|seconds| json!({ "seconds": seconds })).boxed(),
            _ => Just(json!({})).boxed(),
        }
        .prop_map(move |mut fault| {
            fault["kind"] = json!(kind);
            fault
        })
    });
    let turn = prop_oneof![
        Just(json!({})),
        (1_u8..4).prop_map(|next| json!({ "next": next })),
        (0.0..=1.0).prop_map(|share| json!({ "share": share })),
        (1_u8..9).prop_map(|seconds| json!({ "for_seconds": seconds })),
    ];
    (fields, turn).prop_map(|(mut fault, turn)| {
        for (name, value) in turn.as_object().expect("an object") {
            fault[name] = value.clone();
        }
        fault
    })
}

#[test]
fn after_any_mixture_of_faults_the_world_goes_on_as_if_there_had_been_none() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = World::of(MockServer::builder());
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let mixtures = proptest::collection::vec(fault(), 1..6);
    let checked = runner.run(&mixtures, |mixture| {
        runtime.block_on(async {
            world.post("/_mock/reset").send().await.expect(200);
            world.freeze_at(START);
            for fault in mixture {
                set(&world, fault).await;
            }
            for place in 0..6 {
                let email = json!({ "email": format!("{place}@example.com") });
                // The client's own time is over before a server that hangs would answer; then this is an error too.
                for request in [
                    world.post(OWN_EMAILS).token(APP).json(email.clone()),
                    world.get(OWN_EMAILS).token(APP),
                    world.post("/api/v1/crm/auth/login").json(login_body(1, json!(false))),
                ] {
                    let answer = request.try_send().await;
                    prop_assert!(!answer.is_err_and(|error| error.is_timeout()), "the server hangs");
                }
            }
            world.delete("/_mock/faults").send().await.expect(204);
            let answer = world.get(OWN_EMAILS).token(APP).send().await.expect(200);
            prop_assert_eq!(answer.header("x-mock-hint"), "");
            prop_assert!(answer.rests_on("EMAIL-1"));
            // Two minutes later all delayed messages have arrived, and the next message arrives at once.
            world.advance(120);
            let before = world.messages().len();
            Caller::user(&world).add_email("last@example.com").await;
            let sent = world.messages();
            prop_assert_eq!((sent.len(), &*sent[before].to), (before + 1, "last@example.com"));
            let ids: Vec<u64> = sent.iter().map(|message| message.id).collect();
            prop_assert_eq!(ids, (1..=sent.len() as u64).collect::<Vec<_>>());
            Ok(())
        })
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}
