//! Rules of the fake that can be broken one at a time, so that it shows whether a suite notices.
//!
//! Without the feature `broken-rules` nothing of this exists: [`breaks`] is `false`, and there is no [`BrokenRule`].

#[cfg(feature = "broken-rules")]
pub use rules::BrokenRule;
#[cfg(feature = "broken-rules")]
pub(crate) use rules::*;

/// Whether a world breaks the rule that stands here. False, and not even asked, without the feature `broken-rules`.
#[cfg(feature = "broken-rules")]
macro_rules! breaks {
    ($settings:expr, $rule:ident) => {
        $settings.broken_rule == Some($crate::broken::BrokenRule::$rule)
    };
}

#[cfg(not(feature = "broken-rules"))]
macro_rules! breaks {
    ($settings:expr, $rule:ident) => {
        false
    };
}

#[cfg(feature = "broken-rules")]
mod rules {
    use crate::account::Account;
    use crate::app::Settings;
    use crate::auth::Actor;
    use crate::call::Call;
    use crate::leak::{Hit, Leak, WatchKind};
    use crate::value::Object;
    use crate::watchlist::email::Email;
    use crate::watchlist::{Item, Items, Kind};
    use crate::world::World;

    /// A rule that a fake can break.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum BrokenRule {
        /// What CRM adds waits for the end user like what they add themselves (SCOPE-2).
        CrmAddsWait,
        /// Cards that CRM adds are to be verified (CARD-3).
        CardsOfCrmWait,
        /// What the end user adds is confirmed at once, and nobody is asked (SCOPE-3).
        AppAddsDoNotWait,
        /// Every item is added to the first account, whoever adds it to which (IBAN-1).
        ItemsLandOnFirstAccount,
        /// A value that is there already is refused, and the item that holds it removed (EMAIL-1).
        AddingAgainRemoves,
        /// Removing one item removes all of its kind from the account (EMAIL-1).
        RemovingTakesAll,
        /// A removal is answered, and the item stays (PHONE-1).
        RemovedStaysListed,
        /// Removing an email takes the phones of its account with it (PHONE-1).
        RemovingTakesPhones,
        /// The removal of what is not there removes something else of its kind (LICENSE-1).
        RemovingNothingRemovesAnother,
        /// Items of other accounts can be removed (SCOPE-2).
        ForeignItemsAreRemoved,
        /// Cards of other accounts can be read (CARD-1).
        ForeignCardsAreRead,
        /// Cards of other accounts can be verified (CARD-4).
        ForeignCardsAreVerified,
        /// The second page of a list has the items of the first (EMAIL-1).
        PagesRepeat,
        /// Every account sees the leaks of all (EMAIL-1).
        LeaksAreSeenByAll,
        /// A list of leaks holds those of every kind that the account watches (PHONE-1).
        LeaksOfAllKinds,
        /// A leak that was known before its value was watched is never seen (IBAN-1).
        EarlierLeaksAreLost,
        /// A leak that comes to light after its value was watched is never seen (PHONE-1).
        LaterLeaksAreLost,
        /// No leak raises an alarm (ALARM-1).
        AlarmsAreNotRaised,
        /// Leaks of passports raise no alarms (ALARM-1).
        PassportsRaiseNoAlarms,
        /// Leaks of the SSN raise alarms whether it is monitored or not (SSN-3).
        SsnRaisesAlarmsUnmonitored,
        /// Closing is answered, and the alarm stays open (ALARM-2).
        ClosingIsLost,
        /// Closing one alarm closes all of the account (ALARM-2).
        ClosingClosesAll,
        /// Closing one alarm closes those of every account (ALARM-2).
        ClosingClosesEverybodys,
        /// A closed alarm tells so to those who have closed it only: CRM goes on reading it as open (ALARM-1).
        CrmReadsAllAlarmsAsOpen,
        /// Reading guidance closes the alarm (ALARM-3).
        CoachmeCloses,
        /// Alarms of other accounts can be read (ALARM-4).
        ForeignAlarmsAreRead,
        /// Alarms of other accounts can be closed (ALARM-1).
        ForeignAlarmsAreClosed,
        /// The app token gives the alarms of all accounts (ALARM-6).
        UsersSeeAllAlarms,
        /// CRM sees the alarms of all partners (ALARM-6).
        PartnersShareAlarms,
        /// CRM sees the alarms of the first account only (ALARM-6).
        CrmSeesOneAccount,
        /// The lists by kind hold the alarms of every kind (ALARM-5).
        KindListsHoldAll,
        /// The partner's statistic counts nothing (ALARM-5).
        StatisticsAreEmpty,
        /// Only the last alarm of an account is listed (ALARM-4).
        OnlyTheLastAlarmIsListed,
        /// A change of a passport adds a second one (PASSPORT-1).
        ChangeAddsPassport,
        /// A change of a passport is answered, and not kept (PASSPORT-1).
        ChangeIsLost,
        /// A change of a passport changes all passports of the account (PASSPORT-1).
        ChangeTouchesAll,
        /// An update of an account takes the SSN that its body holds (ACCOUNT-5).
        UpdateTakesSsn,
        /// An update of an account with an SSN in its body is refused (ACCOUNT-5).
        UpdateRefusesSsn,
        /// Switching the monitoring on takes the SSN that the body holds (SSN-3).
        ActivationTakesSsn,
        /// Monitoring is switched the other way round (SSN-3).
        MonitoringIsInverted,
        /// Switching the monitoring off empties the account's list of emails (SSN-3).
        DeactivationForgetsEmails,
        /// An electronic ID replaces the SSN of an account that has one (SSN-2).
        ElectronicIdReplacesSsn,
        /// The SSN of an electronic ID is answered, and not kept (SSO-6).
        ElectronicIdIsLost,
        /// An SSN is not monitored until somebody switches that on (SSN-2).
        NewSsnIsNotMonitored,
        /// An update of an account is answered, and not kept (ACCOUNT-5).
        UpdateIsLost,
        /// An update of an account gives all accounts its first name (ACCOUNT-5).
        UpdateRenamesAll,
        /// What a user changes of their own profile is answered, and not kept (SSO-5).
        OwnUpdateIsLost,
        /// Every plan includes Online Data (ONLINE-1).
        PlanIsNotChecked,
        /// Every user reads the first Online Data profile (ONLINE-2).
        ProfilesAreShared,
        /// A change of an Online Data profile is answered, and not kept (ONLINE-2).
        ProfileChangeIsLost,
        /// A scan is under way for ever (ONLINE-5).
        ScanNeverEnds,
        /// Every user sees the scan of whoever has scanned first (ONLINE-6).
        ScansAreShared,
        /// A retry of a failed site is answered, and not done (ONLINE-4).
        RetryIsLost,
        /// A retry scans all sites again (ONLINE-4).
        RetryScansAll,
        /// A removal request begins in the state after the first (ONLINE-7).
        RemovalSkipsFirstState,
        /// The email of SSO is the one that the account has now (SSO-3).
        SsoGoesByCurrentEmail,
        /// CRM tokens, and all others, never expire (LOGIN-3).
        TokensNeverExpire,
        /// `keep_logged` changes nothing (LOGIN-2).
        KeepLoggedIsIgnored,
        /// The SSO client can log in as a CRM user (SSO-2).
        SsoClientLogsIn,
        /// The CRM user is taken for an SSO client (SSO-2).
        CrmUserIsSsoClient,
        /// An email that no account was created with stands for the first account (SSO-3).
        UnknownEmailIsSomebody,
        /// A one-time code works again and again (SSO-4).
        CodesWorkTwice,
        /// A one-time code gives a token of the first account (SSO-4).
        CodesActForFirstAccount,
        /// CRM administers the accounts of all partners (SCOPE-4).
        PartnersShareAccounts,
        /// A user can update any account by its id (SSO-5).
        UsersShareAccounts,
        /// An app token is let in on the routes below an account (SCOPE-2).
        AppTokenUnderAccounts,
        /// Any code verifies a card (CARD-4).
        AnyCodeVerifiesCards,
        /// Any code confirms a phone (PHONE-2).
        AnyCodeConfirmsPhones,
        /// A resend sends to every user who has something pending (EMAIL-2).
        ResendGoesToAll,
        /// The link of a message that was sent once more is dead (EMAIL-2).
        ResentLinkIsDead,
        /// No confirmation link works (SCOPE-3).
        LinksAreDead,
    }

    /// The account that was there first.
    pub(crate) fn first_account(world: &World) -> u64 {
        world.account_ids().into_iter().min().unwrap_or_default()
    }

    /// The caller as the one on whose account the item is, wherever that is.
    pub(crate) fn as_owner_of<K: Kind>(actor: Actor, id: u64, call: &Call<'_>) -> Actor {
        let has_it = |account: &u64| of_account(call.world, *account, |account| K::items(account).one(id).is_some());
        let owner = call.world.account_ids().into_iter().find(|account| has_it(account) == Some(true));
        Actor { account: owner.unwrap_or(actor.account), ..actor }
    }

    /// The leaks of a kind that any account sees.
    pub(crate) fn leaks_of_all<K: Kind>(world: &World) -> Vec<Object> {
        let shown =
            |account: &Account| -> Vec<Object> { account.leaks(K::WATCH).map(|hit| hit.show(K::TABLE)).collect() };
        world.account_ids().into_iter().filter_map(|account| of_account(world, account, shown)).flatten().collect()
    }

    /// Those alarms of an account that are raised, and listed.
    pub(crate) fn some_of<'a>(mut alarms: Vec<&'a Hit>, settings: &Settings) -> Vec<&'a Hit> {
        let is_of_passport = |alarm: &Hit| alarm.leak.kind == WatchKind::Passport;
        if breaks!(settings, AlarmsAreNotRaised) {
            alarms.clear();
        }
        if breaks!(settings, PassportsRaiseNoAlarms) {
            alarms.retain(|alarm| !is_of_passport(alarm));
        }
        if breaks!(settings, OnlyTheLastAlarmIsListed) {
            alarms.drain(..alarms.len().saturating_sub(1));
        }
        alarms
    }

    /// The alarm as if nobody had closed it.
    pub(crate) fn as_open(alarm: &Hit) -> Hit {
        let Hit { id, alarm_id, item_id, is_watched, ref leak, created_at, .. } = *alarm;
        Hit { id, alarm_id, item_id, is_watched, leak: leak.clone(), created_at, closed_at: None }
    }

    /// What watches an SSN whose monitoring is switched off.
    pub(crate) fn ssn_though_unmonitored(account: &Account, leak: &Leak, settings: &Settings) -> Option<u64> {
        let is_its = account.ssn.as_ref().is_some_and(|ssn| ssn.canonical() == leak.value);
        (breaks!(settings, SsnRaisesAlarmsUnmonitored) && is_its).then_some(0)
    }

    /// The account whose alarm it is, wherever that is.
    pub(crate) fn as_owner_of_alarm(actor: Actor, alarm: u64, world: &World) -> Actor {
        let has_it = |account: &u64| {
            of_account(world, *account, |account| account.hits.iter().any(|hit| hit.alarm_id == alarm)) == Some(true)
        };
        let owner = world.account_ids().into_iter().find(has_it);
        Actor { account: owner.unwrap_or(actor.account), ..actor }
    }

    /// The account that has this email now.
    pub(crate) fn account_with(world: &World, email: &str) -> Option<u64> {
        let has_it = |id: &u64| of_account(world, *id, |account| account.email.as_deref() == Some(email)) == Some(true);
        world.account_ids().into_iter().find(has_it)
    }

    /// Gives every account the first name of this one.
    pub(crate) fn rename_all(world: &World, as_this: u64) {
        let Some(name) = of_account(world, as_this, |account| account.first_name.clone()) else { return };
        for id in world.account_ids() {
            // Who has gone meanwhile needs no name.
            drop(world.change_account(id, |account| {
                account.first_name.clone_from(&name);
                Ok(())
            }));
        }
    }

    /// The account that has started a scan and was there first.
    pub(crate) fn first_scanning(world: &World) -> Option<u64> {
        let has_scanned = |account: &Account| account.online.as_ref().is_some_and(|online| online.has_scanned());
        world.account_ids().into_iter().filter(|id| of_account(world, *id, has_scanned) == Some(true)).min()
    }

    /// Sends every message about an email that waits, on whichever account.
    pub(crate) fn resend_to_all(call: &Call<'_>) {
        for account in call.world.account_ids() {
            of_account(call.world, account, |account| {
                account.emails.iter().for_each(|item: &Item<Email>| Email::send(item, account, call));
            });
        }
    }

    /// Removes the first item.
    pub(crate) fn remove_first<K: Kind>(items: &mut Items<K>) {
        if let Some(id) = items.iter().map(|item| item.id).next() {
            items.remove(id);
        }
    }

    fn of_account<T>(world: &World, account: u64, read: impl FnOnce(&Account) -> T) -> Option<T> {
        let mut found = None;
        let done = world.change_account(account, |account| {
            found = Some(read(account));
            Ok(())
        });
        done.ok().and(found)
    }
}
