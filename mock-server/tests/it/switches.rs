//! Every assumption with every value that it can have: the mock does what the fixture says that the value means, and
//! `X-Mock-Basis` names the key wherever the answer rests on it.

mod account;
mod alarms;
mod bodies;
mod callers;
mod confirmation;
mod format;
mod ids;
mod items;
mod lives;
mod online;

use std::collections::BTreeSet;

use mock_server::MockServer;
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Switched, World, default_of, fields, keys, sso_body, values_of};

/// Other assumptions without which one would not matter.
type Beside = &'static [(&'static str, &'static str)];

/// Phones that the user adds wait for a code.
const CONFIRMING_PHONES: Beside = &[("confirm.phone", "yes")];
/// A duplicate is a conflict, which is the one way to a 409 that asks for no special body.
const CONFLICTS: Beside = &[("add.duplicate", "409")];
/// Removal requests stay in each state for so short a time that one world sees all of them.
const SHORT_STEPS: Beside = &[("removal.step-seconds", "10")];

/// Makes a test of each row: its check is called with every value of its keys, each in force in a world of its own.
macro_rules! checked {
    ($($($key:literal)|+ => $topic:ident::$check:ident $(beside $beside:ident)?;)+) => {
        /// The keys that are checked.
        const CHECKED: &[&str] = &[$($($key),+),+];
        $(
            #[tokio::test]
            async fn $check() {
                let beside: &[Beside] = &[$($beside)?];
                for key in [$($key),+] {
                    for switched in Switched::each(key, beside.first().copied().unwrap_or_default()) {
                        $topic::$check(switched).await;
                    }
                }
            }
        )+
    };
}

checked! {
    "id.form" => ids::every_id_is_a_whole_number_or_a_uuid;
    "add.status" => items::an_item_that_was_added_is_answered_with_the_status_of_add_status;
    "add.body" => items::a_single_item_is_wrapped_as_add_body_says_and_an_account_always;
    "list.shape" => items::a_list_is_wrapped_as_list_shape_says;
    "remove.status" => items::a_removal_is_answered_as_remove_status_says;
    "action.answer" => items::actions_are_answered_as_action_answer_says;
    "add.duplicate" => items::the_same_value_again_is_answered_as_add_duplicate_says;
    "value.form" => items::a_stored_value_reads_as_value_form_says;

    "scope.wrong-token" => callers::the_token_of_the_other_kind_is_refused_as_scope_wrong_token_says;
    "scope.foreign-account" => callers::an_account_of_another_partner_is_refused_as_scope_foreign_account_says;
    "scope.foreign-item" => callers::an_item_of_another_account_is_refused_as_scope_foreign_item_says;
    "account.duplicate" => callers::an_account_with_a_taken_email_is_refused_as_account_duplicate_says;
    "login.refused" => callers::a_wrong_login_is_refused_as_login_refused_says;
    "sso.refused" => callers::wrong_sso_credentials_and_codes_are_refused_as_sso_refused_says;
    "sso.unknown-email" => callers::an_email_that_no_account_has_is_refused_as_sso_unknown_email_says;
    "throttle.per-minute" => callers::a_token_makes_as_many_requests_a_minute_as_throttle_per_minute_says;

    "body.malformed" => bodies::json_that_does_not_parse_is_taken_as_body_malformed_says;
    "body.content-type" => bodies::a_body_of_another_type_is_taken_as_body_content_type_says;

    "confirm.phone" => confirmation::a_phone_that_the_user_adds_waits_as_confirm_phone_says;
    "phone.app-verification" => confirmation::the_app_verifies_phones_if_phone_app_verification_says_so;
    "confirm.wrong-code" => confirmation::a_wrong_code_is_refused_as_confirm_wrong_code_says beside CONFIRMING_PHONES;
    "resend.nothing-pending" => confirmation::a_resend_where_nothing_waits_is_answered_as_resend_nothing_pending_says;
    "leaks.pending" => confirmation::leaks_of_an_item_that_waits_are_seen_as_leaks_pending_says;

    "ssn.without" => account::the_monitoring_of_an_ssn_that_is_not_there_is_refused_as_ssn_without_says;
    "ssn.echo" => account::an_ssn_is_read_back_as_ssn_echo_says;
    "put.replaces" => account::a_put_does_to_what_it_does_not_name_as_put_replaces_says;
    "update.empty" => account::an_empty_text_in_an_update_is_read_as_update_empty_says;
    "sso.changed-email" => account::sso_knows_an_account_by_its_new_email_as_sso_changed_email_says;

    "legacy.boolean" => format::a_legacy_boolean_is_written_as_legacy_boolean_says;
    "legacy.error.400" | "legacy.error.401" | "legacy.error.403" | "legacy.error.404"
        | "legacy.error.405" | "legacy.error.409" | "legacy.error.422" | "legacy.error.500" => format::a_legacy_error_has_the_shape_that_legacy_error_gives_its_status beside CONFLICTS;
    "error.code.405" | "error.code.409" | "error.code.500" => format::a_standardized_error_has_the_code_that_error_code_gives_its_status beside CONFLICTS;

    "token.crm-seconds" | "token.crm-kept-seconds" => lives::a_crm_token_lasts_as_long_as_its_assumption_says;
    "token.app-seconds" => lives::an_app_token_lasts_as_long_as_its_assumption_says;
    "sso.code-seconds" => lives::a_one_time_code_lasts_as_long_as_its_assumption_says;
    "confirm.link-seconds" => lives::a_confirmation_link_lasts_as_long_as_its_assumption_says;
    "confirm.code-seconds" => lives::a_code_lasts_as_long_as_its_assumption_says beside CONFIRMING_PHONES;

    "alarm.close-answer" => alarms::closing_an_alarm_is_answered_as_alarm_close_answer_says;
    "alarm.close-again" => alarms::closing_a_closed_alarm_is_answered_as_alarm_close_again_says;
    "alarm.of-removed" => alarms::alarms_outlive_what_they_were_raised_for_as_alarm_of_removed_says;
    "alarm.company" => alarms::a_company_is_what_alarm_company_says;
    "alarm.period" => alarms::a_period_without_an_end_is_what_alarm_period_says;

    "online.plan" => online::online_data_without_the_plan_is_refused_as_online_plan_says;
    "online.without-profile" => online::requests_that_need_a_profile_are_refused_as_online_without_profile_says;
    "online.profile-again" => online::a_second_profile_is_answered_as_online_profile_again_says;
    "scan.body" => online::the_status_of_a_scan_is_wrapped_as_scan_body_says;
    "scan.again" => online::a_scan_while_one_is_under_way_is_answered_as_scan_again_says;
    "scan.retry" => online::a_retry_of_what_has_not_failed_is_answered_as_scan_retry_says;
    "scan.queue-seconds" => online::a_site_waits_in_the_queue_as_long_as_scan_queue_seconds_says;
    "scan.site-seconds" => online::a_site_is_scanned_as_long_as_scan_site_seconds_says;
    "removal.states" => online::removal_requests_move_on_through_removal_states beside SHORT_STEPS;
    "removal.step-seconds" => online::removal_requests_move_on_as_removal_step_seconds_says;
}

#[test]
fn no_assumption_is_left_out() {
    let checked: BTreeSet<&str> = CHECKED.iter().copied().collect();
    assert_eq!(checked.len(), CHECKED.len(), "a key has two checks");
    assert_eq!(checked, keys());
}

#[tokio::test]
async fn every_value_can_be_had_and_the_health_check_tells_which_are_in_force() {
    let server = World::of(MockServer::builder());
    let defaults = server.get("/_mock/health").send().await.expect(200).body["assumptions"].clone();
    assert_eq!(fields(&defaults).into_iter().collect::<BTreeSet<_>>(), keys());
    for key in keys() {
        assert_eq!(defaults[key], default_of(key), "{key} by default");
        for value in values_of(key) {
            let assume = json!({ "assume": { key: value } });
            let sandbox = server.post("/_mock/sandboxes").json(assume).send().await.expect(201);
            let base_url = sandbox.text("base_url");
            let health = server.get(&format!("{}/_mock/health", server.path_of(&base_url))).send().await.expect(200);
            let mut expected = defaults.clone();
            expected[key] = json!(value);
            assert_eq!(health.body["assumptions"], expected, "{key}={value}");
        }
    }
}

fn sso(client_id: &str, client_secret: &str, email: &str) -> Value {
    json!({ "client_id": client_id, "client_secret": client_secret, "email": email })
}

/// A one-time code for account 1.
async fn one_time_code(world: &World) -> Answer {
    world.post("/api/v1/sso/code").json(sso_body(1, "john.doe@example.com")).send().await.expect(200)
}

/// The entries of a scan's status, however it is wrapped.
async fn scanned_sites(user: &Caller<'_>) -> Vec<Value> {
    let answer = user.get("/delete-my-data/scan/status").send().await.expect(200);
    let sites = answer.body.get("sites").or_else(|| answer.body["data"].get("sites"));
    sites.and_then(Value::as_array).unwrap_or_else(|| panic!("no sites in {answer:?}")).clone()
}
