//! Requests at the same time.

use tokio::task::JoinSet;

use super::Request;

/// The statuses of all these requests, sent at once, in the order of the numbers.
pub(crate) async fn at_once(requests: impl IntoIterator<Item = Request>) -> Vec<u16> {
    let tasks: JoinSet<u16> = requests.into_iter().map(|request| async { request.send().await.status }).collect();
    let mut statuses = tasks.join_all().await;
    statuses.sort_unstable();
    statuses
}

/// Sends two requests at once, and returns the status of each.
pub(crate) async fn race(one: Request, other: Request) -> (u16, u16) {
    let one = tokio::spawn(one.send());
    let other = tokio::spawn(other.send());
    (one.await.expect("no panic").status, other.await.expect("no panic").status)
}
