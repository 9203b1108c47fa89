//! The variables that point a client, or the contract suite, at a running mock, as it tells them itself.

use std::net::SocketAddr;

use serde_json::{Map, Value as Json};

use crate::ask::ask;
use crate::config::VariableFormat;
use crate::model::shell;

/// The variables, and where the credentials of a world have their values.
const VARIABLES: [(&str, &str); 11] = [
    ("DEFENTRY_BASE_URL", "/base_url"),
    ("DEFENTRY_CRM_USERNAME", "/crm/username"),
    ("DEFENTRY_CRM_PASSWORD", "/crm/password"),
    ("DEFENTRY_CRM_TOKEN", "/crm/token"),
    ("DEFENTRY_CRM2_USERNAME", "/crm2/username"),
    ("DEFENTRY_CRM2_PASSWORD", "/crm2/password"),
    ("DEFENTRY_CLIENT_ID", "/sso/client_id"),
    ("DEFENTRY_CLIENT_SECRET", "/sso/client_secret"),
    ("DEFENTRY_SSN_REQUIRED", "/ssn_required"),
    ("DEFENTRY_NORMALIZE_ALL", "/normalize_all"),
    ("DEFENTRY_APP_TOKEN", "/accounts/0/app_token"),
];

/// Asks the mock at `address`, and writes its variables.
///
/// # Errors
/// A sentence that says what came instead of credentials.
pub(crate) fn variables(address: SocketAddr, format: VariableFormat) -> Result<String, String> {
    let cure = "start it with mock-server, or name another with --listen";
    let answer = ask(address, "GET", "/_mock/credentials");
    let answer = answer.map_err(|error| format!("no answer from {address}: {error}; {cure}"))?;
    let credentials = Some(&answer).filter(|answer| answer.is_ok()).and_then(|answer| answer.json());
    let credentials = credentials.filter(|credentials| credentials["base_url"].is_string()).ok_or_else(|| {
        format!(
            "{address} answers {:?} and no credentials, so it is no mock of this version; {cure}",
            answer.status_line
        )
    })?;
    Ok(written(&chosen(&credentials), format))
}

/// The variables that have a value. A token is told only where there is no password to log in with: the suite takes one of
/// the two.
fn chosen(credentials: &Json) -> Vec<(&'static str, String)> {
    let value = |pointer: &str| match credentials.pointer(pointer) {
        Some(Json::String(text)) => Some(text.clone()),
        Some(Json::Bool(flag)) => Some(flag.to_string()),
        _ => None,
    };
    let has_password = value("/crm/password").is_some();
    let is_meant = |name: &&str| !(has_password && *name == "DEFENTRY_CRM_TOKEN");
    let named = VARIABLES.iter().filter(|(name, _)| is_meant(name));
    named.filter_map(|(name, pointer)| Some((*name, value(pointer)?))).collect()
}

fn written(variables: &[(&str, String)], format: VariableFormat) -> String {
    let lines = |line: fn(&str, &str) -> String| variables.iter().map(|(name, value)| line(name, value)).collect();
    match format {
        VariableFormat::Shell => lines(|name, value| format!("export {name}={}\n", shell::quoted(value))),
        VariableFormat::Dotenv => lines(|name, value| match value.contains('\'') {
            false => format!("{name}='{value}'\n"),
            true => format!("{name}=\"{}\"\n", value.replace('\\', r"\\").replace('"', "\\\"")),
        }),
        // The file takes lines as they are; a line break would begin another variable.
        VariableFormat::Github => lines(|name, value| match value.contains('\n') {
            false => format!("{name}={value}\n"),
            true => format!("{name}<<END_OF_VALUE\n{value}\nEND_OF_VALUE\n"),
        }),
        VariableFormat::Powershell => lines(|name, value| format!("$env:{name} = '{}'\n", value.replace('\'', "''"))),
        VariableFormat::Json => {
            let object: Map<String, Json> =
                variables.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
            format!("{:#}\n", Json::from(object))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_keeps_a_value_as_it_is() {
        let variables = [("A", "mock-1".to_owned()), ("B", "it's | 5 $".to_owned())];
        let cases = [
            (VariableFormat::Shell, "export A='mock-1'\nexport B='it'\\''s | 5 $'\n"),
            (VariableFormat::Dotenv, "A='mock-1'\nB=\"it's | 5 $\"\n"),
            (VariableFormat::Github, "A=mock-1\nB=it's | 5 $\n"),
            (VariableFormat::Powershell, "$env:A = 'mock-1'\n$env:B = 'it''s | 5 $'\n"),
            (VariableFormat::Json, "{\n  \"A\": \"mock-1\",\n  \"B\": \"it's | 5 $\"\n}\n"),
        ];
        for (format, expected) in cases {
            assert_eq!(written(&variables, format), expected, "{format:?}");
        }
    }

    #[test]
    fn a_token_takes_the_place_of_a_password_that_is_missing() {
        let credentials =
            |crm: Json| json!({ "base_url": "http://127.0.0.1:1", "crm": crm, "crm2": null, "ssn_required": true });
        let names = |crm: Json| chosen(&credentials(crm)).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let all = json!({ "username": "u", "password": "p", "token": "1|t" });
        let ends = ["DEFENTRY_BASE_URL", "DEFENTRY_SSN_REQUIRED"];
        assert_eq!(names(all), [ends[0], "DEFENTRY_CRM_USERNAME", "DEFENTRY_CRM_PASSWORD", ends[1]]);
        assert_eq!(names(json!({ "token": "1|t" })), [ends[0], "DEFENTRY_CRM_TOKEN", ends[1]]);
        assert_eq!(names(Json::Null), ends);
    }
}
