//! The journal's record of faults, their removal, and the faults that are refused.

use mock_server::{FaultKind, NewFault};
use serde_json::{Value, json};

use super::{EMAILS, faults, set, statuses};
use crate::harness::{CRM, Caller, World};

#[tokio::test]
async fn the_journal_names_the_fault_of_each_request() {
    let world = World::new();
    let get = || world.get(EMAILS).token(CRM);
    get().send().await.expect(200);
    let kinds = [
        (json!({ "kind": "latency", "milliseconds": 1 }), json!(200), true),
        (json!({ "kind": "status", "status": 503 }), json!(503), false),
        (json!({ "kind": "status", "status": 503, "when": "after" }), json!(503), false),
        (json!({ "kind": "cut" }), Value::Null, false),
        (json!({ "kind": "cut", "when": "after" }), Value::Null, false),
        (json!({ "kind": "reset" }), Value::Null, false),
        (json!({ "kind": "truncate", "bytes": 3 }), json!(200), true),
        (json!({ "kind": "throttle", "retry_after_seconds": 1 }), json!(409), false),
    ];
    for (mut fault, status, is_the_worlds) in kinds {
        fault["next"] = json!(1);
        let id = set(&world, fault.clone()).await["id"].clone();
        // Whether it arrives is seen elsewhere.
        drop(get().try_send().await);
        let record = world.journal().await.pop().expect("a request");
        assert_eq!(record["fault"], json!({ "id": id, "kind": fault["kind"] }), "{record}");
        assert_eq!((&record["status"], &record["token"]), (&status, &json!("crm")), "{record}");
        let hint = record["hint"].as_str().expect("a hint");
        assert!(hint.contains(&format!("(id {id}, {})", fault["kind"].as_str().expect("a kind"))), "{record}");
        let facts = record["facts"].as_array().expect("a list");
        assert_eq!(facts.contains(&json!("EMAIL-1")), is_the_worlds, "{record}");
        assert_eq!(facts.is_empty(), status.is_null(), "{record}");
    }
    set(&world, json!({ "kind": "message-drop" })).await;
    Caller::user(&world).add_email("new@example.com").await;
    get().send().await.expect(200);
    let listed = world.journal().await;
    let [first, .., sending, last] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!(sending["fault"], json!({ "id": 9, "kind": "message-drop" }));
    assert!(first.get("fault").is_none() && last.get("fault").is_none(), "a request without a fault has no such field");
}

#[tokio::test]
async fn faults_go_with_a_reset_or_when_they_are_removed() {
    let world = World::new();
    let fault = json!({ "kind": "status", "status": 503 });
    let path = async || {
        set(&world, fault.clone()).await["id"].as_u64().map(|id| format!("/_mock/faults/{id}")).expect("an id")
    };
    path().await;
    world.post("/_mock/reset").send().await.expect(200);
    assert_eq!((statuses(&world, 1).await, faults(&world).await.len()), (vec![200], 0));

    let (one, _other) = (path().await, path().await);
    world.delete(&one).send().await.expect(204);
    assert_eq!((statuses(&world, 1).await, faults(&world).await.len()), (vec![503], 1));
    world.delete("/_mock/faults").send().await.expect(204);
    assert_eq!((statuses(&world, 1).await, faults(&world).await.len()), (vec![200], 0));
    for path in [one.as_str(), "/_mock/faults/0", "/_mock/faults/first", "/_mock/faults/-1"] {
        let gone = world.delete(path).send().await.expect(404);
        assert!(gone.text("error").contains("GET /_mock/faults"), "{path}: {}", gone.raw);
    }
}

#[tokio::test]
async fn an_invalid_fault_is_refused_by_the_name_of_the_field_and_sets_none() {
    let world = World::new();
    let cases = [
        (json!({}), "kind"),
        (json!({ "kind": "slow" }), "kind: there is no slow; there are latency"),
        (json!({ "kind": "cut", "next": 1, "share": 0.5 }), "next: it excludes share"),
        (json!({ "kind": "cut", "share": 2 }), "share: "),
        (json!({ "kind": "cut", "share": "half" }), "share: "),
        (json!({ "kind": "cut", "when": "during" }), "when: "),
        (json!({ "kind": "latency", "milliseconds": 1, "when": "after" }), "when: a fault of kind latency has no such"),
        (json!({ "kind": "latency", "milliseconds": { "uniform": [1] } }), "milliseconds: expected a whole number"),
        (json!({ "kind": "status", "status": 302 }), "status: a fault cannot have 302"),
        (json!({ "kind": "cut", "path": "/api/v1/email-watchlits" }), "did you mean /api/v1/email-watchlist?"),
        (json!({ "kind": "cut", "token": "1|mock-crm-token" }), "token: expected crm, app, none or the number"),
        (json!({ "kind": "message-drop", "token": "crm" }), "token: a fault of kind message-drop has no such field"),
    ];
    for (fault, expected) in cases {
        let refused = world.post("/_mock/faults").json(fault.clone()).send().await.expect(400);
        let sentence = refused.text("error");
        assert!(sentence.contains(expected) && !sentence.contains("mock-crm-token"), "{fault}: {sentence}");
    }
    assert_eq!(faults(&world).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_rust_test_sets_faults_without_http() {
    let world = World::new();
    let control = world.control();
    let fault = NewFault { status: Some(503), next: Some(1), ..NewFault::of(FaultKind::Status) };
    let set = control.add_fault(&fault).expect("a fault");
    assert_eq!((set.id, set.left), (1, Some(1)));
    assert_eq!(statuses(&world, 2).await, [503, 200]);
    assert_eq!(control.requests()[0].fault.map(|fault| fault.kind), Some(FaultKind::Status));
    assert!(control.faults()[0].is_over);
    assert!(control.remove_fault(1) && !control.remove_fault(1));
    assert!(control.add_fault(&NewFault::of(FaultKind::Status)).is_err());
    control.add_fault(&NewFault::of(FaultKind::Cut)).expect("a fault");
    control.clear_faults();
    assert_eq!(statuses(&world, 1).await, [200]);
}
