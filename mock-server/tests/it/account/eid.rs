//! The SSN by electronic ID (SSO-6, SSN-2).

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{DEACTIVATE, JOHNS, about_ssn, account, create, echoing, new_account, without_ssn};
use crate::harness::{Answer, Caller, World, written};

/// The user of `account` completes the flow of an electronic ID.
async fn complete_eid(world: &World, account: &str, body: Value) -> Answer {
    world.post(&format!("/_mock/accounts/{account}/eid")).json(body).send().await
}

#[tokio::test]
async fn a_user_adds_their_ssn_by_the_electronic_id_of_their_country() {
    let cases = [
        ("bankid", "19900102-2384", "********-**84"),
        ("mitid", "910290-0000", "******-**00"),
        ("ftn", "010594Y9032", "*********32"),
    ];
    for (provider, ssn, masked) in cases {
        let world = World::new();
        world.freeze();
        world.advance(60);
        let before = account(&world, "2").await;
        let body = json!({ "provider": provider, "ssn": format!(" {ssn} ") });
        complete_eid(&world, "2", body).await.expect(200);
        let after = account(&world, "2").await;
        assert_eq!(about_ssn(&after), [&json!(masked), &json!(1), &json!(1)], "{provider}: monitored from now on");
        let mut expected = before.clone();
        for field in ["ssn", "has_ssn", "is_ssn_monitored", "updated_at"] {
            expected[field] = after[field].clone();
        }
        assert_eq!(after, expected, "{provider}: nothing else changes");
        assert_ne!(after["updated_at"], before["updated_at"], "{provider}");

        // From here on it is an SSN like any other.
        let partner = Caller::partner(&world, "2");
        partner.patch(DEACTIVATE).send().await.expect(200);
        assert_eq!(account(&world, "2").await["is_ssn_monitored"], 0, "{provider}");
    }
}

#[tokio::test]
async fn an_account_that_was_created_without_an_ssn_gets_one_by_electronic_id() {
    let world = without_ssn();
    let created = create(&world, new_account(json!({ "ssn": null }))).await.expect(201);
    let id = written(&created.body["data"]["id"]);
    complete_eid(&world, &id, json!({ "provider": "bankid", "ssn": "19900102-2384" })).await.expect(200);
    let user = Caller::user_of(&world, "new@example.com").await;
    let own = user.get("/account").send().await.expect(200).body["data"].clone();
    assert_eq!(about_ssn(&own), [&json!("********-**84"), &json!(1), &json!(1)]);
}

#[tokio::test]
async fn an_electronic_id_sets_an_ssn_once_and_never_changes_one() {
    let world = echoing();
    complete_eid(&world, "2", json!({ "provider": "bankid", "ssn": "19900102-2384" })).await.expect(200);
    for id in ["1", "2"] {
        let partner = Caller::partner(&world, id);
        partner.patch(DEACTIVATE).send().await.expect(200);
        let before = account(&world, id).await;
        for (provider, ssn) in
            [("bankid", "19900103-2391"), ("ftn", "010594Y9032"), ("bankid", "19900102-2384"), ("bankid", JOHNS)]
        {
            let answer = complete_eid(&world, id, json!({ "provider": provider, "ssn": ssn })).await.expect(409);
            assert!(answer.text("error").contains("SSN-2"), "{}", answer.raw);
            assert_eq!(account(&world, id).await, before, "account {id}, {provider} {ssn}: not even monitored again");
        }
    }
}

#[tokio::test]
async fn of_several_electronic_ids_at_once_one_sets_the_ssn() {
    for round in 0..5 {
        let world = echoing();
        let ssns = ["19900101-2385", "19900102-2384", "19900103-2391", "19850101-2382", "19850101-2390"];
        let mut tasks = JoinSet::new();
        for ssn in ssns {
            let request = world.post("/_mock/accounts/2/eid").json(json!({ "provider": "bankid", "ssn": ssn }));
            tasks.spawn(async move { (ssn, request.send().await.status) });
        }
        let mut winners = Vec::new();
        while let Some(done) = tasks.join_next().await {
            let (ssn, status) = done.expect("no request panics");
            assert!([200, 409].contains(&status), "round {round}: {status}");
            winners.extend((status == 200).then_some(ssn));
        }
        let [winner] = winners.as_slice() else { panic!("round {round}: {winners:?}") };
        assert_eq!(account(&world, "2").await["ssn"], *winner, "round {round}");
    }
}

#[tokio::test]
async fn an_electronic_id_that_cannot_be_right_is_refused_with_the_reason() {
    let world = World::new();
    let before = account(&world, "2").await;
    let cases = [
        ("a Finnish ID by BankID", "2", json!({ "provider": "bankid", "ssn": "010594Y9032" }), 400, "SE"),
        ("a Swedish ID by MitID", "2", json!({ "provider": "mitid", "ssn": "19900102-2384" }), 400, "DK"),
        ("a Swedish ID by FTN", "2", json!({ "provider": "ftn", "ssn": "19900102-2384" }), 400, "FI"),
        ("no ID", "2", json!({ "provider": "bankid", "ssn": "" }), 400, "ssn"),
        ("a number", "2", json!({ "provider": "bankid", "ssn": 5 }), 400, "ssn"),
        ("nothing", "2", json!({ "provider": "bankid" }), 400, "ssn"),
        ("no provider", "2", json!({ "ssn": "19900102-2384" }), 400, "provider"),
        ("another provider", "2", json!({ "provider": "freja", "ssn": "19900102-2384" }), 400, "freja"),
        ("a field too many", "2", json!({ "provider": "bankid", "ssn": "19900102-2384", "force": true }), 400, "force"),
        ("an account that is not there", "99", json!({ "provider": "bankid", "ssn": "19900102-2384" }), 404, "account"),
        ("no account", "x", json!({ "provider": "bankid", "ssn": "19900102-2384" }), 404, "account"),
    ];
    for (label, id, body, status, named) in cases {
        let answer = complete_eid(&world, id, body).await;
        assert_eq!(answer.status, status, "{label}: {}", answer.raw);
        assert!(answer.text("error").contains(named), "{label}: {}", answer.raw);
    }
    assert_eq!(account(&world, "2").await, before);
}
