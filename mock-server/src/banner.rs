//! The first lines that a person sees: where the mock is, with which tokens, and a command to try it with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::model::shell;
use crate::world::credentials::Credentials;

/// The address at which a client on the same machine reaches a server that listens at `address`.
pub(crate) fn local(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    address
}

/// The lines for a terminal of a server that listens at `address`, and whose world publishes these credentials.
pub(crate) fn lines(address: SocketAddr, published: &Credentials) -> String {
    let base = format!("http://{}", local(address));
    let mut lines = format!("\nmock-server {} listens on {base}", env!("CARGO_PKG_VERSION"));
    if address.ip().is_unspecified() {
        lines.push_str(&format!(", and at every other address of this machine (port {})", address.port()));
    }
    lines.push_str(&format!("\n\n  page        {base}/_mock/\n"));
    let crm = published.crm.as_ref().and_then(|partner| partner.token.as_ref());
    let login = published.crm.as_ref().and_then(|partner| partner.username.as_ref().zip(partner.password.as_ref()));
    let user = published.accounts.iter().find_map(|account| Some((account, account.app_token.as_ref()?)));
    match (crm, login) {
        (Some(token), _) => lines.push_str(&format!("  CRM token   {token}\n")),
        (None, Some((name, password))) => lines.push_str(&format!("  CRM user    {name} / {password}\n")),
        (None, None) => {}
    }
    if let Some((account, token)) = user {
        let who = match &account.email {
            Some(email) => format!("account {}, {email}", account.id),
            None => format!("account {}", account.id),
        };
        lines.push_str(&format!("  app token   {token}   of {who}\n"));
    }
    let command = match (user, crm) {
        (Some((_, token)), _) => Some((token, "email-watchlist")),
        (None, Some(token)) => Some((token, "alarms-list")),
        (None, None) => None,
    };
    if let Some((token, path)) = command {
        let header = shell::quoted(&format!("Authorization: Bearer {token}"));
        lines.push_str(&format!("\n  curl -H {header} {base}/api/v1/{path}\n"));
    }
    lines.push_str("\n  Stop it with Ctrl-C. mock-server --help lists its flags.\n\n");
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::world::seed::Seed;
    use crate::world::seed::load::load;
    use crate::world::settings::Settings;

    /// The credentials that a seed publishes.
    fn published(seed: &Seed) -> Credentials {
        let world = load(seed, Arc::new(Settings::default()), None).expect("a world");
        world.published.credentials(String::new(), &world.settings)
    }

    #[test]
    fn a_person_sees_where_it_is_with_which_tokens_and_how_to_try_it() {
        let at = |text: &str| text.parse().expect("an address");
        let lines = lines(at("0.0.0.0:8650"), &published(&Seed::default_world()));
        for part in [
            "listens on http://127.0.0.1:8650, and at every other address of this machine (port 8650)\n",
            "  page        http://127.0.0.1:8650/_mock/\n",
            "  CRM token   1|mock-crm-token\n",
            "  app token   2|mock-app-token   of account 1, john.doe@example.com\n",
            "  curl -H 'Authorization: Bearer 2|mock-app-token' http://127.0.0.1:8650/api/v1/email-watchlist\n",
        ] {
            assert!(lines.contains(part), "{part}: {lines}");
        }
    }

    #[test]
    fn a_world_without_accounts_is_tried_with_the_token_of_its_partner() {
        let at = "[::1]:9000".parse().expect("an address");
        let lines = lines(at, &published(&Seed::empty_world()));
        let curl = "curl -H 'Authorization: Bearer 1|mock-crm-token' http://[::1]:9000/api/v1/alarms-list\n";
        assert!(lines.contains(curl) && !lines.contains("app token"), "{lines}");

        let text = r#"{ "version": 1, "tokens": [], "partners": [{ "crm_users": [{ "username": "u@partner.example", "password": "p" }] }] }"#;
        let lines = super::lines(at, &published(&Seed::parse(text).expect("a seed")));
        assert!(lines.contains("  CRM user    u@partner.example / p\n") && !lines.contains("curl"), "{lines}");
    }
}
