//! The national ID: set once, and never by an update.

use reqwest::Method;

use crate::case::{Case, SSN};
use crate::client::Answer;
use crate::contract::{Step, Stop};
use crate::reader;

page!("ssn" { "updates_ignore_it": ["ACCOUNT-5", "SSN-2"] => updates_ignore_it });

/// Another test number of the tax agency, which ends otherwise than the first, so that it differs when masked too.
const OTHER_SSN: &str = "19850101-2382";

/// No update refuses an SSN in its body, and none takes it: what the account shows of it stays as it was.
async fn updates_ignore_it(case: &Case<'_>) -> Step {
    let (account, created) = case.create_account(Some(SSN)).await?;
    let (account, crm, before) = (account.map_err(Stop::into_needed)?, case.crm().await?, shown(&created));
    // The last one shows what those before it have left.
    for (method, version, ssn) in [
        (Method::PUT, "v1", Some(OTHER_SSN)),
        (Method::PATCH, "v1", Some(OTHER_SSN)),
        (Method::PUT, "v2", Some(OTHER_SSN)),
        (Method::PATCH, "v1", None),
    ] {
        let path = format!("/api/{version}/account/{}", account.id);
        let answer = case.send(&crm, method, &path, Some(case.account_body(&account.email, ssn))).await?;
        answer.demand("an update is not refused for its ssn", reader::is_success)?;
        if let (Some(before), Some(after)) = (&before, shown(&answer)) {
            let observed = || format!("the answer to {} shows another one", answer.to);
            Stop::unless(after == *before, "the account's ssn stays as it was", observed)?;
        } else {
            return Err(Stop::Inconclusive("the target shows no ssn, so nobody sees whether it has changed".into()));
        }
    }
    Ok(())
}

/// The SSN as an account shows it, masked or not.
fn shown(answer: &Answer) -> Option<String> {
    Some(reader::item(&answer.body)?.get("ssn")?.as_str()?.to_owned())
}
