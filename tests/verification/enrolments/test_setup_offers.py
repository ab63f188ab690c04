"""The methods that a person is offered to set up."""

from tests.verification.conftest import Desk
from verification import enrolments


def test_strongest_allowed_method_is_recommended(desk: Desk) -> None:
    found = {o.name: o.is_recommended for o in enrolments.offers(["text", "totp", "recovery"], user_id=desk.user.pk)}

    assert found == {"text": False, "totp": True, "recovery": False}
