//! The lists and sums of alarms, of an account and across accounts (ALARM-5, ALARM-6).

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{breach, id, of_partner};
use crate::harness::{APP, CRM, Caller, Format, KINDS, ROUTES, World, fields, written};

#[tokio::test]
async fn one_route_means_the_users_own_alarms_or_the_partners_by_the_token() {
    let world = World::new();
    breach(&world, "email", "jane.watched@example.com").await;
    Caller::partner(&world, "2").add_email("jane.watched@example.com").await;
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let (of_john, of_jane) = (Caller::user(&world).list("/alarms").await, jane.list("/alarms").await);
    let all = of_partner(&world, "/api/v1/alarms").await;
    assert_eq!(all, [of_john.clone(), of_jane].concat());
    assert_eq!(of_partner(&world, "/api/v1/alarms-list").await, all);
    let own = world.get("/api/v2/alarms").token(APP).send().await.expect(200);
    assert_eq!(own.items(), of_john);

    // The other partner has none, until its own account has.
    let other = world.crm_token(2).await;
    let list = async || world.get("/api/v1/alarms").token(&other).send().await.expect(200).items().to_vec();
    assert_eq!(list().await, [Value::Null; 0]);
    breach(&world, "email", "matti.work@example.org").await;
    assert!(matches!(&list().await[..], [alarm] if alarm["account_id"] == 3));
    assert_eq!(of_partner(&world, "/api/v1/alarms").await, all);
}

#[tokio::test]
async fn statistics_add_up_with_the_lists() {
    let world = World::new();
    for kind in KINDS {
        breach(&world, kind.name, kind.value()).await;
        kind.add(&Caller::partner(&world, "2"), kind.value()).await;
    }
    for closed in 0..3 {
        let lists = [
            ("/api/v1/account/1/alarms", "/api/v1/account/1/alarms/statistic"),
            ("/api/v1/account/2/alarms", "/api/v1/account/2/alarms/statistic"),
            ("/api/v1/alarms", "/api/v1/alarms/statistic"),
        ];
        for (list, statistic) in lists {
            let alarms = of_partner(&world, list).await;
            let answer = world.get(statistic).token(CRM).send().await.expect(200);
            let told = &answer.body["data"];
            let count = |field: &str, value: &str| alarms.iter().filter(|alarm| alarm[field] == value).count();
            assert_eq!(told["total"], alarms.len(), "{statistic}");
            assert_eq!(told["open"], count("status", "OPEN"), "{statistic}");
            assert_eq!(told["closed"], count("status", "CLOSED"), "{statistic}");
            let types = KINDS.iter().map(|kind| kind.alarm).chain(["SSN"]).collect();
            let parts: [(_, _, Vec<&str>); 2] =
                [("by_type", "type", types), ("by_severity", "severity", vec!["LOW", "MEDIUM", "HIGH", "CRITICAL"])];
            for (part, field, values) in parts {
                assert_eq!(fields(&told[part]), values, "{}", answer.raw);
                for (value, told) in told[part].as_object().expect("an object") {
                    assert_eq!(*told, count(field, value), "{statistic}: {value}");
                }
            }
        }
        let open = of_partner(&world, "/api/v1/account/2/alarms").await;
        let path = format!("/api/v1/account/2/alarms/{}/close", id(&open[closed]));
        world.get(&path).token(CRM).send().await.expect(200);
    }
}

#[tokio::test]
async fn the_partners_lists_by_kind_hold_the_alarms_of_their_kind() {
    let world = World::new();
    for kind in KINDS {
        breach(&world, kind.name, kind.value()).await;
        kind.add(&Caller::partner(&world, "2"), kind.value()).await;
    }
    let all = of_partner(&world, "/api/v1/alarms").await;
    for (list, alarm_type) in [("email-list", "EMAIL"), ("phone-list", "PHONE"), ("credit-card-list", "CREDIT_CARD")] {
        let expected: Vec<Value> = all.iter().filter(|alarm| alarm["type"] == alarm_type).cloned().collect();
        assert!(expected.len() > 1, "{list}");
        assert_eq!(of_partner(&world, &format!("/api/v1/alarms/{list}")).await, expected, "{list}");
    }
}

#[tokio::test]
async fn the_alarms_of_a_company_are_those_of_its_accounts() {
    let world = World::new();
    breach(&world, "email", "jane.watched@example.com").await;
    Caller::partner(&world, "2").add_email("jane.watched@example.com").await;
    let of = async |account: &str| Caller::partner(&world, account).list("/alarms").await;
    assert_eq!(of_partner(&world, "/api/v1/alarms/company-list").await, of("1").await);
    assert_eq!(of_partner(&world, "/api/v2/alarms/company/1").await, of("1").await);
    world.patch("/api/v1/account/2").token(CRM).json(json!({ "company_id": 2 })).send().await.expect(200);
    assert_eq!(of_partner(&world, "/api/v1/alarms/company-list").await, [of("1").await, of("2").await].concat());
    assert_eq!(of_partner(&world, "/api/v2/alarms/company/2").await, of("2").await);
    assert_eq!(of("2").await[0]["company_id"], 2);
    for missing in ["3", "0", "x", "01"] {
        world.get(&format!("/api/v2/alarms/company/{missing}")).token(CRM).send().await.expect(404);
    }
    world.get("/api/v2/alarms/company/1").token(&world.crm_token(2).await).send().await.expect(404);
}

#[tokio::test]
async fn a_period_holds_the_accounts_that_had_alarms_on_its_days() {
    let world = World::new();
    Caller::partner(&world, "2").add_email("jane.watched@example.com").await;
    // Most of the seed's alarms are raised on 15 June, one each on 30 July and 1 September of 2026; Jane's is on the
    // last second of 2030.
    world.put("/_mock/clock").json(json!({ "now": "2030-12-31T23:59:59Z", "frozen": true })).send().await.expect(200);
    breach(&world, "email", "jane.watched@example.com").await;
    let list = async |query: &str| {
        let path = format!("/api/v1/alarms/accounts/by-period{query}");
        world.get(&path).token(CRM).standardized().send().await.expect(200).items().to_vec()
    };
    let accounts =
        async |query: &str| list(query).await.iter().map(|entry| written(&entry["account_id"])).collect::<Vec<_>>();
    assert_eq!(accounts("").await, ["1", "2"]);
    assert_eq!(accounts("?from=2026-06-15&to=2026-06-15").await, ["1"]);
    assert_eq!(accounts("?from=2026-09-01").await, ["1", "2"]);
    assert_eq!(accounts("?from=2026-09-02").await, ["2"]);
    assert_eq!(accounts("?from=2026-06-16&to=2026-07-29").await, [""; 0]);
    assert_eq!(accounts("?to=2026-06-14").await, [""; 0]);
    assert_eq!(accounts("?from=2030-12-31&to=2030-12-31").await, ["2"]);
    assert_eq!(accounts("?from=2031-01-01").await, [""; 0]);
    assert_eq!(accounts("?from=2030%2D12%2D31&from=").await, ["1", "2"]);
    let entry = list("?from=2030-12-31").await.remove(0);
    let expected = json!({
        "account_id": 2, "alarms_count": 1, "open_count": 1, "closed_count": 0,
        "first_alarm_at": "2030-12-31T23:59:59Z", "last_alarm_at": "2030-12-31T23:59:59Z",
    });
    assert_eq!(entry, expected);

    let wrong = [
        ("?from=yesterday", "from"),
        ("?to=2026-02-30", "to"),
        ("?from=2026-06-16&to=2026-06-15", "to"),
        ("?from=2026-06-15T00:00:00Z", "from"),
        ("?from[]=2026-06-15&to=x", "to"),
    ];
    for (query, field) in wrong {
        let path = format!("/api/v1/alarms/accounts/by-period{query}");
        let answer = world.get(&path).token(CRM).send().await.expect(422);
        assert_eq!(fields(&answer.body["errors"]), [field], "{query}");
    }
}

/// Every list of alarms that a leak of an email shows in, with each token that it takes.
async fn lists() -> Vec<(String, &'static str)> {
    let world = World::new();
    let others = ["close", "phone-list", "credit-card-list"];
    let mut lists = Vec::new();
    for route in ROUTES.iter().filter(|route| route.method == Method::GET && route.facts[0].starts_with("ALARM-")) {
        let query = if route.end() == "by-period" { "?from=2026-06-15&to=2099-12-31" } else { "" };
        for token in route.tokens().filter(|_| !others.contains(&route.end())) {
            let path = route.path() + query;
            if world.get(&path).token(token).send().await.expect(200).body["data"].is_array() {
                lists.push((path, token));
            }
        }
    }
    assert!(lists.len() >= 9, "{lists:?}");
    lists
}

#[tokio::test]
async fn every_list_of_alarms_comes_in_pages_that_lead_to_one_another() {
    let world = World::assuming("list.shape", "paginated");
    // Enough for more than two pages of every list: leaks of one email, and accounts that watch it.
    for _ in 0..40 {
        breach(&world, "email", "john.work@example.com").await;
    }
    for number in 0..35 {
        let account = world.account(&format!("person{number}@example.com")).await;
        Caller::partner(&world, &account).add_email("john.doe@example.com").await;
    }
    for (list, token) in lists().await {
        let mut seen: Vec<Value> = Vec::new();
        let first = world.get(&list).token(token).send().await.expect(200);
        let total = first.body["meta"]["total"].as_u64().expect("a total") as usize;
        let (path, query) = list.split_once('?').unwrap_or((&list, ""));
        let base = format!("{}{path}", world.base_url());
        assert_eq!(first.body["meta"]["path"], json!(base), "{list}");
        let mut page = first;
        loop {
            seen.extend_from_slice(page.items());
            let Some(next) = page.body["links"]["next"].as_str() else { break };
            assert!(next.starts_with(&base) && next.contains(query), "{list}: {next}");
            page = world.request_link(Method::GET, next).token(token).send().await.expect(200);
        }
        let distinct: BTreeSet<String> = seen.iter().map(Value::to_string).collect();
        assert!(total > 30 && seen.len() == total && distinct.len() == total, "{list}: {} of {total}", seen.len());
        let last = page.body["links"]["last"].as_str().expect("a last page");
        assert!(last.ends_with(&format!("page={}", total.div_ceil(15))), "{list}: {last}");
    }
}

#[tokio::test]
async fn alarms_are_written_as_the_format_asks() {
    let world = World::new();
    for format in Format::BOTH {
        let others = [
            ("/api/v1/account/1/alarms/statistic", CRM),
            ("/api/v1/alarms/statistic", CRM),
            ("/api/v1/alarms/4", APP),
            ("/api/v1/alarms/1/coachme", APP),
        ];
        for (path, token) in lists().await.into_iter().chain(others.map(|(path, token)| (path.to_owned(), token))) {
            let answer = format.ask(world.get(&path).token(token)).send().await.expect(200);
            format.check(&answer.body, &path);
        }
    }
}
