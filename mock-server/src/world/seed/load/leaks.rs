//! Loading the leaks of a seed, the alarms that they raise, and those of them that are closed.

use std::collections::HashSet;
use std::sync::Arc;

use super::Loading;
use crate::model::exposure::Exposure;
use crate::model::leak::{Leak, NotOfKind};
use crate::model::time::Timestamp;
use crate::world::seed::parts::{ClosedAlarm, SeedAlarm};

/// When the first leak of a seed became known that does not say it: 2026-02-01T00:00:00Z.
const FIRST_LEAK: i64 = 1_769_904_000;

/// After how many seconds an alarm was closed, where a seed does not say it.
const CLOSED_AFTER: i64 = 3600;

impl Loading<'_> {
    pub(super) fn load_leaks(&mut self) {
        let seed = self.seed;
        let mut filed = Vec::with_capacity(seed.leaks.len());
        for (minutes, (place, leak)) in (0..).zip(seed.leaks.iter().enumerate()) {
            let published_at = Timestamp::from_unix_seconds(FIRST_LEAK + 60 * minutes).min(self.now);
            match self.world.leaks.file(leak, published_at) {
                Ok(leak) => filed.push(leak),
                Err(NotOfKind { rule, example }) => {
                    self.faults.add_with(format!("leaks[{place}].value"), rule, Some(&example));
                }
            }
        }
        if filed.len() < seed.leaks.len() || !self.faults.spare("accounts") || !self.faults.spare("leaks") {
            // Alarms follow from leaks and accounts.
            return;
        }
        self.restore_alarms(&filed);
        let has_listed: HashSet<u64> = self.listed.iter().map(|(_, account, _)| *account).collect();
        for leak in &filed {
            self.world.expose_seeded(leak, &has_listed, self.world.unrecorded());
        }
        for (place, alarm) in seed.closed_alarms.iter().enumerate() {
            if let Err((field, rule)) = self.close(alarm, &filed) {
                self.faults.add(format!("closed_alarms[{place}]{field}"), rule);
            }
        }
    }

    fn restore_alarms(&mut self, filed: &[Arc<Leak>]) {
        let (mut alarms, mut leaks) = (HashSet::new(), HashSet::new());
        for (at, account, list) in std::mem::take(&mut self.listed) {
            for (place, alarm) in list.iter().enumerate() {
                let mut refuse = |field: &str, rule: String| {
                    self.faults.add(format!("accounts[{at}].alarms[{place}].{field}"), rule);
                };
                if !alarms.insert(alarm.id) || !leaks.insert(alarm.leak_id) {
                    refuse("id", "it or its leak_id is taken by an alarm before it".into());
                    continue;
                }
                let Some(leak) = filed.get(alarm.leak) else {
                    refuse("leak", format!("there is no leaks[{}]", alarm.leak));
                    continue;
                };
                if !self.world.restore_exposure(account, alarm.exposure(leak)) {
                    refuse("item_id", "no such item of the account watches the value of this leak".into());
                }
            }
            self.listed.push((at, account, list));
        }
    }

    /// Closes the alarms that are meant.
    fn close(&self, closed: &ClosedAlarm, filed: &[Arc<Leak>]) -> Result<(), (&'static str, String)> {
        let close = |account: u64, alarm: u64| {
            self.world.close_seeded_alarm(account, alarm, |raised_at| {
                closed.closed_at.unwrap_or_else(|| raised_at.plus_seconds(CLOSED_AFTER).min(self.now))
            })
        };
        match (closed.id, closed.leak) {
            (Some(id), None) if closed.account.is_none() => {
                let account = self.world.account_of_alarm(id);
                let is_closed = account.is_some_and(|account| close(account, id));
                is_closed.then_some(()).ok_or_else(|| (".id", format!("the leaks of this seed raise no alarm {id}")))
            }
            (None, Some(place)) => {
                let leak = filed.get(place).ok_or_else(|| (".leak", format!("there is no leaks[{place}]")))?;
                let mut raised = self.world.alarms_of(leak);
                if let Some(account) = closed.account {
                    raised.retain(|(of, _)| *of == account);
                    if raised.is_empty() {
                        let rule = format!("leaks[{place}] raises no alarm of account {account}");
                        return Err((".account", rule));
                    }
                }
                if raised.is_empty() {
                    let rule = format!("leaks[{place}] raises no alarm, because no account watches its value");
                    return Err((".leak", rule));
                }
                raised.into_iter().for_each(|(account, alarm)| {
                    close(account, alarm);
                });
                Ok(())
            }
            _ => Err(("", "it has either leak, with or without account, or id; for example { \"leak\": 0 }".into())),
        }
    }
}

impl SeedAlarm {
    fn exposure(self, leak: &Arc<Leak>) -> Exposure {
        Exposure {
            id: self.leak_id,
            alarm_id: self.id,
            item_id: self.item_id.unwrap_or_default(),
            is_watched: self.is_watched,
            leak: Arc::clone(leak),
            created_at: self.created_at,
            closed_at: self.closed_at,
        }
    }
}
