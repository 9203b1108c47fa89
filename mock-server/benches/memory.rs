//! How much memory many accounts with five items each take: `cargo bench -p mock-server --bench memory -- 1000000`.

mod load;

use load::{Load, request};
use mock_server::MockServer;

const CONNECTIONS: usize = 64;

/// Accounts where no number is given.
const ACCOUNTS: usize = 100_000;

/// The memory that this process holds, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

/// An IBAN whose check digits are right, of a bank that does not exist.
fn iban(number: usize) -> String {
    let account = format!("000{number:017}");
    // SE00 at the end, S as 28 and E as 14, modulo 97.
    let remainder =
        format!("{account}281400").bytes().fold(0, |remainder, digit| (remainder * 10 + u32::from(digit - b'0')) % 97);
    format!("SE{:02}{account}", 98 - remainder)
}

fn main() {
    // cargo bench passes flags of its own.
    let accounts = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(ACCOUNTS);
    let starting = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mock = starting.block_on(MockServer::start());
    let mut load = Load::new(mock.base_url(), CONNECTIONS);
    load.send(200, std::iter::once(request("GET", "/api/v1/account/1", "")));
    let before = resident();

    let account = |number: usize| {
        let body = format!(
            "{{\"ssn\":\"19900101-1234\",\"first_name\":\"First{number}\",\"last_name\":\"Last{number}\",\
             \"email\":\"user{number}@example.com\",\"country_code\":\"SE\",\"lang_code\":\"SV\",\"plan_id\":1,\"type\":\"SINGLE\"}}"
        );
        request("POST", "/api/v1/account", &body)
    };
    load.send(201, (0..accounts).map(account));
    // No country has the code 999, so no person has one of these.
    let five = (0..accounts).flat_map(|number| {
        let add = |list: &str, body: String| request("POST", &format!("/api/v1/account/{}/{list}", number + 4), &body);
        [
            add("email-watchlist", format!("{{\"email\":\"user{number}@example.com\"}}")),
            add("phone-watchlist", format!("{{\"phone\":\"+999{number:09}\"}}")),
            add("iban-watchlist", format!("{{\"iban\":\"{}\"}}", iban(number))),
            add("passport-watchlist", format!("{{\"passport_number\":\"{number:08}\",\"country_code\":\"SE\"}}")),
            add("drivers-license-watchlist", format!("{{\"license_number\":\"{number:09}\",\"country_code\":\"SE\"}}")),
        ]
    });
    load.send(201, five);

    let taken = resident() - before;
    println!(
        "{accounts} accounts with five items each: {} MiB, {} bytes an account; a million would take {:.2} GiB",
        taken >> 20,
        taken / accounts as u64,
        (taken as f64 / accounts as f64 * 1e6) / f64::from(1 << 30),
    );
}
