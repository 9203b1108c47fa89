//! Scans and removal requests.

use axum::http::Method;
use serde_json::{Value, json};

use super::rows::{FOR_EVER, Fault, SCAN, assume, back_if, done, fault, not_found, remove};
use crate::proxy::{Account, Answered, Asked, NOTHING, Way, back, id_text, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("a scan is answered and never begins", "ONLINE-4", there(|asked, _| back_if(asked.is("POST", SCAN), done))),
    fault("a scan cannot be started", "ONLINE-4", there(|asked, _| back_if(asked.is("POST", SCAN), not_found))),
    fault("a scan has no status", "ONLINE-4", there(|asked, _| back_if(asked.is("GET", "/scan/status"), not_found))),
    fault("the sites of a scan have another name", "ONLINE-4", back(|asked, answer, _| if asked.is("GET", "/scan/status") {
        answer.body = answer.body.replacen("\"sites\"", "\"results\"", 1);
    })),
    fault("the sites of a scan are a map", "ONLINE-4", back(|asked, answer, _| if asked.is("GET", "/scan/status") {
        answer.edit_data(|data| if data["sites"].is_array() { data["sites"] = json!({ "first": data["sites"][0] }); });
    })),
    fault("a scan leaves a site out", "ONLINE-4", back(|asked, answer, _| sites(asked, answer, |sites| drop(sites.pop())))),
    fault("a scan has a site twice", "ONLINE-4", back(|asked, answer, _| {
        sites(asked, answer, |sites| sites.extend(sites.last().cloned()));
    })),
    fault("a retry is answered and dropped", "ONLINE-4", there(|asked, _| back_if(asked.is("POST", "/retry"), done))),
    fault("a retry does not exist", "ONLINE-4", there(|asked, _| back_if(asked.is("POST", "/retry"), not_found))),
    fault("a retry tries all sites again", "ONLINE-4", there(|asked, _| {
        if asked.is("POST", "/retry") { asked.path = SCAN.into(); }
        Way::On
    })),
    fault("a retry makes the other sites fail", "ONLINE-4", back(|asked, answer, memory| {
        if asked.is("POST", "/retry") { memory.note("retried"); }
        if memory.has_noted("retried") {
            each_result(asked, answer, |result| if result["status"] == "SCAN_COMPLETED" { result["status"] = "SCAN_FAILED".into(); });
        }
    })),
    fault("a retry of a failed site is answered and dropped", "ONLINE-4", on_account(|asked| asked.is("POST", "/retry"), |asked, account| Box::pin(async move {
        if has_failed(&asked, &account).await { done() } else { account.hands.pass(asked).await }
    }))),
    fault("a retry of a failed site scans all again", "ONLINE-4", on_account(|asked| asked.is("POST", "/retry"), |mut asked, account| Box::pin(async move {
        if has_failed(&asked, &account).await { asked.path = SCAN.into(); }
        account.hands.pass(asked).await
    }))),

    fault("a completed scan is called SCAN_DONE", "ONLINE-5", back(|asked, answer, _| {
        each_result(asked, answer, |result| if result["status"] == "SCAN_COMPLETED" { result["status"] = "SCAN_DONE".into(); });
    })),
    fault("a scan that waits has no status", "ONLINE-5", back(|asked, answer, _| {
        each_result(asked, answer, |result| if result["status"] == "SCAN_NOT_STARTED" { result["status"] = Value::Null; });
    })),
    fault("states of a scan are written small", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| {
        result["status"] = result["status"].as_str().map(str::to_lowercase).into();
    }))),
    fault("a scan never ends", "ONLINE-5", back(|asked, answer, _| {
        each_result(asked, answer, |result| *result = json!({ "status": "SCAN_INITIATED", "data": [] }));
    })),
    fault("scans do not tell whether data was found", "ONLINE-5", back(|asked, answer, _| {
        each_result(asked, answer, |result| drop(result.as_object_mut().map(|result| result.remove("is_data_found"))));
    })),
    fault("whether data was found is a word", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| {
        if let Some(found) = result.get_mut("is_data_found") { *found = "maybe".into(); }
    }))),
    fault("whether data was found is null", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| {
        if let Some(found) = result.get_mut("is_data_found") { *found = Value::Null; }
    }))),
    fault("nothing is compared", "ONLINE-5", back(|asked, answer, _| {
        each_result(asked, answer, |result| drop(result.as_object_mut().map(|result| result.remove("comparison"))));
    })),
    fault("sites of a scan have no status", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| remove(result, "status")))),
    fault("comparisons are null", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| {
        if let Some(comparison) = result.get_mut("comparison") { *comparison = Value::Null; }
    }))),
    fault("a failed scan is completed, and tells nothing", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| {
        if result["status"] == "SCAN_FAILED" { *result = json!({ "status": "SCAN_COMPLETED", "data": [] }); }
    }))),
    fault("the scan of a site never ends", "ONLINE-5", NOTHING).on(|mock| assume(mock, "scan.site-seconds", FOR_EVER)),

    fault("no data is {}", "ONLINE-6", back(|asked, answer, _| {
        each_result(asked, answer, |result| if result["data"] == json!([]) { result["data"] = json!({}); });
    })),
    fault("no data is null", "ONLINE-6", back(|asked, answer, _| {
        each_result(asked, answer, |result| if result["data"] == json!([]) { result["data"] = Value::Null; });
    })),
    fault("no data is left out", "ONLINE-6", back(|asked, answer, _| each_result(asked, answer, |result| {
        if result["data"] == json!([]) { drop(result.as_object_mut().map(|result| result.remove("data"))); }
    }))),
    fault("data is there where none was found", "ONLINE-6", back(|asked, answer, _| each_result(asked, answer, |result| {
        if result["data"] == json!([]) { result["data"] = json!({ "firstName": "Jane" }); }
    }))),
    fault("data that was found is []", "ONLINE-6", back(|asked, answer, _| {
        each_result(asked, answer, |result| result["data"] = json!([]));
    })),
    fault("data that was found is a list", "ONLINE-6", back(|asked, answer, _| {
        each_result(asked, answer, |result| if result["data"].is_object() { result["data"] = json!([result["data"]]); });
    })),
    fault("data has no ssn", "ONLINE-6", back(|asked, answer, _| {
        each_result(asked, answer, |result| drop(result["data"].as_object_mut().map(|data| data.remove("ssn"))));
    })),
    fault("data is in snake case", "ONLINE-6", back(|asked, answer, _| if asked.is("GET", "/scan/status") {
        answer.body = answer.body.replace("firstName", "first_name").replace("lastName", "last_name");
    })),
    fault("data has no city", "ONLINE-6", back(|asked, answer, _| each_result(asked, answer, |result| remove(&mut result["data"], "city")))),
    fault("data has no phone", "ONLINE-6", back(|asked, answer, _| each_result(asked, answer, |result| remove(&mut result["data"], "phone")))),
    fault("data is a text", "ONLINE-6", back(|asked, answer, _| each_result(asked, answer, |result| {
        if result["data"].is_object() { result["data"] = "found".into(); }
    }))),
    fault("every user sees the scan of the first account that has one", "ONLINE-6", on_account(|asked| asked.is("GET", "/scan/status"), |asked, account| Box::pin(async move {
        let is_let_in = account.hands.pass(asked.clone()).await.is_success();
        let scanned = if is_let_in { account.hands.accounts().await } else { Vec::new() };
        let first = scanned.into_iter().find(|account| account.whole["online"]["last_scan_at"].is_string());
        first.unwrap_or(account).as_user(asked).await
    }))),

    fault("a removal request has no status", "ONLINE-7", back(|asked, answer, _| {
        each_request(asked, answer, |request, _| drop(request.as_object_mut().map(|request| request.remove("status"))));
    })),
    fault("the status of a removal request is a number", "ONLINE-7", back(|asked, answer, _| {
        each_request(asked, answer, |request, _| request["status"] = 1.into());
    })),
    fault("a removal request begins in another state", "ONLINE-7", back(|asked, answer, _| {
        each_request(asked, answer, |request, _| if request["status"] == "POA_SENT_TO_SITE" { request["status"] = "NEW".into(); });
    })),
    fault("a removal request has the state of the scan", "ONLINE-7", back(|asked, answer, _| {
        each_request(asked, answer, |request, scan| request["status"] = scan.into());
    })),
    fault("a scan is to be started again while a removal goes on", "ONLINE-7", back(|asked, answer, _| {
        sites(asked, answer, |sites| sites.iter_mut().for_each(|site| {
            let is_on = site["removal_requests"].as_array().is_some_and(|all| all.iter().any(|one| one["status"] != "POA_SENT_TO_SITE"));
            if is_on { site["scan_result"] = json!({ "status": "SCAN_NOT_STARTED", "data": [] }); }
        }));
    })),
    fault("removal requests are a map", "ONLINE-7", back(|asked, answer, _| sites(asked, answer, |sites| {
        sites.iter_mut().for_each(|site| site["removal_requests"] = json!({ "1": site["removal_requests"][0] }));
    }))),
    fault("removal requests are done at once", "ONLINE-7", back(|asked, answer, _| each_request(asked, answer, |request, _| {
        if request["status"] == "POA_SENT_TO_SITE" { request["status"] = "DONE".into(); }
    }))),
    fault("a removal request begins in the state after the first", "ONLINE-7", back(|asked, answer, _| {
        each_request(asked, answer, |request, _| {
            let next = match request["status"].as_str() { Some("POA_SENT_TO_SITE") => "ACCEPTED_BY_SITE", _ => "DATA_REMOVED" };
            request["status"] = next.into();
        });
    })),
];

/// Changes the sites of a scan.
fn sites(asked: &Asked, answer: &mut Answered, edit: impl FnOnce(&mut Vec<Value>)) {
    if asked.is("GET", "/scan/status") {
        answer.edit_data(|data| {
            if let Some(sites) = data.get_mut("sites").and_then(Value::as_array_mut) {
                edit(sites);
            }
        });
    }
}

/// Changes what a scan has come to at each site.
fn each_result(asked: &Asked, answer: &mut Answered, edit: fn(&mut Value)) {
    sites(asked, answer, |sites| sites.iter_mut().for_each(|site| edit(&mut site["scan_result"])));
}

/// Changes each removal request; the state of its site's scan is told.
fn each_request(asked: &Asked, answer: &mut Answered, edit: fn(&mut Value, &str)) {
    sites(asked, answer, |sites| {
        for site in sites {
            let scan = site["scan_result"]["status"].as_str().unwrap_or_default().to_owned();
            let requests = site["removal_requests"].as_array_mut().into_iter().flatten();
            requests.for_each(|request| edit(request, &scan));
        }
    });
}

/// Whether the scan of the site that a path names has failed.
async fn has_failed(asked: &Asked, account: &Account) -> bool {
    let site = asked.route().trim_end_matches("/retry").rsplit('/').next();
    let status = account.hands.pass(asked.another(Method::GET, format!("{SCAN}/status"))).await.data();
    let sites = status["sites"].as_array().into_iter().flatten();
    let of_site = sites.filter(|entry| Some(&*id_text(&entry["id"])) == site);
    of_site.into_iter().any(|entry| entry["scan_result"]["status"] == "SCAN_FAILED")
}
