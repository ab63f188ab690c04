"""Tests of what a sign-in costs: statements of a whole OpenID sign-in with an existing session."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.simulated.people import Person

# The toolkit's own: the tokens that it stores, with their savepoints. Also what stands in for rows of its own: the
# client, which it reads at both endpoints, and the grant, which it stores, reads and deletes.
_TOOLKIT = ("oauth2_provider_", "SAVEPOINT", "accounts_oidcclient", "accounts_oidcsignin", "BEGIN", "COMMIT")
# What every page of a signed-in person costs, with or without an application.
_AMBIENT = ("session_data", 'FROM "accounts_user" WHERE "accounts_user"."id"', 'FROM "verification_enrolment"')


def test_a_sign_in_with_an_existing_session(party: Any, ana: Person, settings: Any) -> None:
    """Groups twice, the session in the application twice, the audit event, the client's limit."""
    settings.VERIFICATION_CACHE_SECONDS = 60
    ana.sign_in()
    party.sign_in(ana)

    url = party.url()
    with CaptureQueriesContext(connection) as captured:
        answer = party.follow(ana, url)
        response = party.redeem(answer.code)

    assert response.status_code == 200
    statements = [query["sql"] for query in captured]
    ours = [sql for sql in statements if not any(each in sql for each in (*_TOOLKIT, *_AMBIENT))]
    assert len(ours) <= 6, ours
    assert sum("accounts_oidc" in sql for sql in statements) <= 5
    assert len(statements) <= 22, statements
