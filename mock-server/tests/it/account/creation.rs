//! The creation of accounts, and the bodies that are refused (ACCOUNT-1 to 4).

use serde_json::{Value, json};

use super::{about_ssn, account, create, new_account, without_ssn};
use crate::harness::{CRM, Format, World, fields, written};

#[tokio::test]
async fn an_account_that_crm_creates_has_the_documented_fields_and_the_defaults_of_the_guides_example() {
    let world = World::new();
    let whole = create(&world, new_account(json!({ "phone": "+46701740630" }))).await.expect(201);
    for named in ["ACCOUNT-1", "SCOPE-5"] {
        assert!(whole.rests_on(named), "{named}: {}", whole.header("x-mock-basis"));
    }
    let created = &whole.body["data"];
    let documented = [
        "id",
        "first_name",
        "last_name",
        "email",
        "phone",
        "country_code",
        "lang_code",
        "plan_id",
        "type",
        "ssn",
        "has_ssn",
        "is_ssn_monitored",
        "is_active",
        "activation_date",
        "created_at",
        "updated_at",
    ];
    assert_eq!(fields(created), documented);
    assert_eq!(&account(&world, &written(&created["id"])).await, created, "it is read back as it was created");

    let shortest =
        json!({ "country_code": null, "lang_code": null, "plan_id": null, "type": null, "email": "b@example.com" });
    let created = create(&world, new_account(shortest)).await.expect(201).body["data"].clone();
    assert_eq!((&created["plan_id"], &created["type"]), (&json!(1), &json!("SINGLE")), "{created}");
    for absent in ["phone", "country_code", "lang_code"] {
        assert_eq!(created[absent], Value::Null, "{absent}: {created}");
    }
    assert_eq!(created["is_active"], 1, "{created}");
}

#[tokio::test]
async fn all_that_is_wrong_with_a_new_account_is_said_at_once_in_the_order_of_its_fields() {
    let all_wrong = json!({
        "type": 5, "plan_id": "one", "lang_code": "swe", "country_code": "SWE", "phone": "12", "email": "nobody",
        "last_name": [], "first_name": " ", "ssn": "1",
    });
    let expected = [
        ("ssn", "The ssn field format is invalid."),
        ("first_name", "The first name field is required."),
        ("last_name", "The last name field must be a string."),
        ("email", "The email field must be a valid email address."),
        ("phone", "The phone field format is invalid."),
        ("country_code", "The country code field format is invalid."),
        ("lang_code", "The lang code field format is invalid."),
        ("plan_id", "The plan id field must be an integer."),
        ("type", "The type field must be a string."),
    ];
    let nothing_given = [
        ("ssn", "The ssn field is required."),
        ("first_name", "The first name field is required."),
        ("last_name", "The last name field is required."),
        ("email", "The email field is required when phone is not present."),
    ];
    for format in Format::BOTH {
        for (body, expected) in [(&all_wrong, &expected[..]), (&json!({}), &nothing_given[..])] {
            let world = World::new();
            let answer =
                format.ask(world.post("/api/v1/account")).token(CRM).json(body.clone()).send().await.expect(422);
            let found = answer.issues();
            let found: Vec<(&str, &str)> = found.iter().map(|(field, issue)| (&**field, &**issue)).collect();
            assert_eq!(found, expected, "{format:?}");
        }
    }
}

#[tokio::test]
async fn each_field_of_a_new_account_has_its_rule() {
    let long = "x".repeat(256);
    let long_email = format!("{}@example.com", "x".repeat(250));
    let cases = [
        ("first_name", json!(null), "The first name field is required."),
        ("first_name", json!(long), "The first name field must not be greater than 255 characters."),
        ("last_name", json!(null), "The last name field is required."),
        ("last_name", json!(long), "The last name field must not be greater than 255 characters."),
        ("email", json!("a@b@example.com"), "The email field must be a valid email address."),
        ("email", json!(long_email), "The email field must not be greater than 255 characters."),
        ("email", json!(5), "The email field must be a string."),
        ("phone", json!("0701740605"), "The phone field format is invalid."),
        ("country_code", json!("S1"), "The country code field format is invalid."),
        ("lang_code", json!("S"), "The lang code field format is invalid."),
        ("plan_id", json!(0), "The plan id field must be at least 1."),
        ("plan_id", json!(1.5), "The plan id field must be an integer."),
        ("type", json!(long), "The type field must not be greater than 255 characters."),
    ];
    let world = World::new();
    for (field, value, expected) in cases {
        let answer = create(&world, new_account(json!({ field: value }))).await.expect(422);
        assert_eq!(answer.issues(), [(field.to_owned(), expected.to_owned())]);
    }
    // A refused creation has left nothing behind: the email is still free.
    create(&world, new_account(json!({}))).await.expect(201);
}

#[tokio::test]
async fn an_account_has_an_email_or_a_phone() {
    let phone = "+46701740630";
    let missing = ("email".to_owned(), "The email field is required when phone is not present.".to_owned());
    let cases = [
        ("an email", json!({ "email": "a@example.com" }), None),
        ("a phone", json!({ "email": null, "phone": phone }), None),
        ("both", json!({ "email": "b@example.com", "phone": phone }), None),
        ("neither", json!({ "email": null }), Some(missing.clone())),
        ("an empty email", json!({ "email": "" }), Some(missing.clone())),
        ("an empty phone", json!({ "email": null, "phone": "" }), Some(missing.clone())),
        (
            "no phone at all",
            json!({ "email": null, "phone": "12" }),
            Some(("phone".to_owned(), "The phone field format is invalid.".to_owned())),
        ),
    ];
    let world = World::new();
    for (label, change, issue) in cases {
        let answer = create(&world, new_account(change)).await;
        match issue {
            None => assert_eq!(answer.status, 201, "{label}: {}", answer.raw),
            Some(issue) => assert_eq!(answer.expect(422).issues(), [issue], "{label}"),
        }
    }
}

#[tokio::test]
async fn an_account_keeps_an_email_or_a_phone() {
    let world = World::new();
    let by_email = written(&create(&world, new_account(json!({}))).await.expect(201).body["data"]["id"]);
    let phone = json!({ "email": null, "phone": "+46701740630" });
    let by_phone = written(&create(&world, new_account(phone)).await.expect(201).body["data"]["id"]);
    let put =
        async |id: &str, body: Value| world.put(&format!("/api/v1/account/{id}")).token(CRM).json(body).send().await;
    for (id, field) in [(&by_email, "email"), (&by_phone, "phone")] {
        let before = account(&world, id).await;
        let refused = put(id, json!({ field: null, "first_name": "Changed" })).await.expect(422);
        let expected = ("email".to_owned(), "The email field is required when phone is not present.".to_owned());
        assert_eq!(refused.issues(), [expected], "the only {field}");
        assert_eq!(account(&world, id).await, before, "a refused update changes nothing");
    }
    put(&by_email, json!({ "phone": "+46701740631" })).await.expect(200);
    let changed = put(&by_email, json!({ "email": null })).await.expect(200).body["data"].clone();
    assert_eq!((&changed["email"], &changed["phone"]), (&Value::Null, &json!("+46701740631")), "{changed}");
}

#[tokio::test]
async fn an_ssn_is_required_where_the_deployment_says_so_and_only_there() {
    let absent =
        [("left out", None), ("null", Some(Value::Null)), ("empty", Some(json!(""))), ("blank", Some(json!("  ")))];
    for (label, ssn) in absent {
        let mut body = new_account(json!({ "ssn": null }));
        if let Some(ssn) = ssn {
            body["ssn"] = ssn;
        }
        let refused = create(&World::new(), body.clone()).await.expect(422);
        assert_eq!(refused.issues(), [("ssn".into(), "The ssn field is required.".into())], "{label}");

        let world = without_ssn();
        let created = create(&world, body).await.expect(201).body["data"].clone();
        assert_eq!(about_ssn(&created), [&Value::Null, &json!(0), &json!(0)], "{label}");
        assert_eq!(account(&world, &written(&created["id"])).await, created, "{label}");
    }
}

#[tokio::test]
async fn where_an_ssn_is_not_required_one_that_is_given_counts_and_must_be_one() {
    let world = without_ssn();
    let created = create(&world, new_account(json!({}))).await.expect(201).body["data"].clone();
    assert_eq!(about_ssn(&created), [&json!("********-**34"), &json!(1), &json!(1)]);
    let refused = create(&world, new_account(json!({ "ssn": "x", "email": "b@example.com" }))).await.expect(422);
    assert_eq!(refused.issues(), [("ssn".into(), "The ssn field format is invalid.".into())]);
}

#[tokio::test]
async fn an_ssn_that_is_set_at_creation_is_monitored_from_then_on() {
    let world = World::new();
    let created = create(&world, new_account(json!({}))).await.expect(201).body["data"].clone();
    assert_eq!(about_ssn(&created), [&json!("********-**34"), &json!(1), &json!(1)]);
}

#[tokio::test]
async fn an_ssn_is_of_the_form_of_its_country_and_no_check_digit_is_asked() {
    let cases = [
        // The guide's own example, whose check digit is wrong.
        ("SE", "19900101-1234", true),
        ("SE", "19900102-2384", true),
        ("SE", " 900102-2384 ", true),
        ("SE", "199001022384", true),
        ("SE", "19900179-2382", true),
        ("SE", "010594Y9032", false),
        ("SE", "16822548834", false),
        ("DK", "910290-0000", true),
        ("DK", "19900102-2384", false),
        ("FI", "010594Y9032", true),
        ("FI", "19900102-2384", false),
        ("NO", "16822548834", true),
        ("NO", "19900102-2384", false),
    ];
    for (country, ssn, is_taken) in cases {
        let answer = create(&World::new(), new_account(json!({ "country_code": country, "ssn": ssn }))).await;
        assert_eq!(answer.status, if is_taken { 201 } else { 422 }, "{country} {ssn}: {}", answer.raw);
    }
}
