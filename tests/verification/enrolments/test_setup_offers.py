"""The methods that a person is offered to set up."""

from tests.verification.conftest import EngineUser
from verification import enrolments, registry
from verification.capabilities import Backup, Temporary

ALL = [name for name, method in registry.methods().items() if not isinstance(method, Temporary)]


def test_strongest_allowed_method_is_recommended(engine_user: EngineUser) -> None:
    found = {
        o.name: o.is_recommended for o in enrolments.offers(["text", "totp", "recovery"], user_id=engine_user.user.pk)
    }

    assert found == {"text": False, "totp": True, "recovery": False}


def test_strongest_method_is_first_and_alone_recommended(engine_user: EngineUser) -> None:
    """Seen failing in the order of the settings: a passkey was third, after the two weakest."""
    offers = enrolments.offers(ALL, user_id=engine_user.user.pk, may_claim=True)

    assert [o.name for o in offers] == ["passkey", "token", "totp", "text", "call", "email", "recovery"]
    assert [o.name for o in offers if o.is_recommended] == ["passkey"]


def test_order_comes_from_what_methods_declare(engine_user: EngineUser) -> None:
    offers = enrolments.offers(ALL, user_id=engine_user.user.pk, may_claim=True)
    ranks = [registry.method(o.name).rank for o in offers if not registry.has(o.name, Backup)]

    assert ranks == sorted(ranks, reverse=True)


def test_weakest_methods_say_why(engine_user: EngineUser) -> None:
    offers = enrolments.offers(ALL, user_id=engine_user.user.pk)
    weakest = min(registry.method(o.name).rank for o in offers)

    everyday = [o for o in offers if not o.is_backup]
    assert {o.name for o in everyday if o.caution} == {
        o.name for o in everyday if registry.method(o.name).rank == weakest
    }


def test_what_a_person_has_comes_last_and_the_next_strongest_is_recommended(engine_user: EngineUser) -> None:
    offers = enrolments.recommend(
        enrolments.offers(["passkey", "totp", "text"], user_id=engine_user.user.pk), have={"passkey"}
    )

    assert [(o.name, o.is_recommended) for o in offers] == [("totp", True), ("text", False), ("passkey", False)]
