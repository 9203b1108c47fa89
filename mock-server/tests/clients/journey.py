"""The journey of a leak with a client that is generated from the document: from an account to a closed alarm, in both
formats. Ends with 0 if each step did what it says."""

import os

import httpx

from defentry import AuthenticatedClient, Client
from defentry.api.accounts import create_account
from defentry.api.alarms import close_alarm, list_alarms
from defentry.api.email import add_email, list_email_leaks_of_account, list_emails
from defentry.api.tokens import issue_app_token, log_in
from defentry.models import (
    AccountAnswer,
    AlarmAnswer,
    AlarmList,
    ApiVersion,
    Credentials,
    EmailAnswer,
    EmailList,
    LeakList,
    LegacyAccountAnswer,
    LegacyAlarmAnswer,
    LegacyAlarmList,
    LegacyEmailAnswer,
    LegacyEmailList,
    LegacyErrorMap,
    LegacyLeakList,
    NewAccount,
    NewEmail,
    SsoCredentials,
    StandardizedError,
    Token,
)
from defentry.types import UNSET, Unset

ROOT = os.environ["DEFENTRY_BASE_URL"]
EMAIL = "erika@example.com"


def journey(version: ApiVersion | Unset) -> None:
    world = httpx.post(f"{ROOT}/_mock/sandboxes", json={}).raise_for_status().json()["base_url"]
    anonymous = Client(base_url=world)

    credentials = Credentials(username="service@partner.example", password="mock-crm-password")
    login = log_in.sync(client=anonymous, body=credentials, x_api_version=version)
    assert isinstance(login, Token), login
    partner = AuthenticatedClient(base_url=world, token=login.token)

    person = NewAccount(ssn="19900101-1234", first_name="Erika", last_name="Example", email=EMAIL, plan_id=1)
    account = create_account.sync(client=partner, body=person, x_api_version=version)
    assert isinstance(account, AccountAnswer | LegacyAccountAnswer), account

    sso = SsoCredentials(client_id="mock-client", client_secret="mock-secret", email=EMAIL)
    token = issue_app_token.sync(client=anonymous, body=sso, x_api_version=version)
    assert isinstance(token, Token), token
    user = AuthenticatedClient(base_url=world, token=token.token)

    added = add_email.sync(client=user, body=NewEmail(email=EMAIL), x_api_version=version)
    assert isinstance(added, EmailAnswer | LegacyEmailAnswer), added
    assert not added.data.is_confirmed

    outbox = httpx.get(f"{world}/_mock/outbox", params={"to": EMAIL, "wait": 5}).raise_for_status().json()
    httpx.get(outbox["messages"][0]["link"]).raise_for_status()
    listed = list_emails.sync(client=user, x_api_version=version)
    assert isinstance(listed, EmailList | LegacyEmailList), listed
    assert listed.data[0].is_confirmed

    leak = {"kind": "email", "value": EMAIL, "severity": "HIGH"}
    httpx.post(f"{world}/_mock/leaks", json=leak).raise_for_status()
    leaks = list_email_leaks_of_account.sync(account.data.id, client=partner, x_api_version=version)
    assert isinstance(leaks, LeakList | LegacyLeakList), leaks
    assert leaks.data[0].severity == "HIGH"

    alarms = list_alarms.sync(client=user, x_api_version=version)
    assert isinstance(alarms, AlarmList | LegacyAlarmList), alarms
    assert alarms.data[0].status == "OPEN"
    closed = close_alarm.sync(alarms.data[0].id, client=user, x_api_version=version)
    assert isinstance(closed, AlarmAnswer | LegacyAlarmAnswer), closed
    assert closed.data.status == "CLOSED"

    again = add_email.sync_detailed(client=user, body=NewEmail(email=EMAIL), x_api_version=version)
    assert again.status_code == 422, again
    # Only errors tell the formats apart here: the client reads a success as standardized if it can.
    assert isinstance(again.parsed, StandardizedError if version else LegacyErrorMap), again


journey(UNSET)
journey(ApiVersion.STANDARDIZED)
print("Python: the journey was made in both formats")
