"""Tests of the template tag `once`: its part is kept for everybody, so it can't use the page or the request."""

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from pytest_django import Settings


def test_sees_nothing_of_the_page() -> None:
    drawn = Template("{% once %}[{{ user }}{{ request }}]{% endonce %}").render(Context({"user": "fay", "request": 1}))

    assert drawn == "[]"


def test_sees_the_organisation(settings: Settings) -> None:
    settings.ORGANISATION_NAME = "Riverside"
    page = Template("{% once %}{{ organisation.name }}{% endonce %}")
    assert page.render(Context()) == "Riverside"

    settings.ORGANISATION_NAME = "Hillside"

    assert page.render(Context()) == "Hillside"


def test_renders_once() -> None:
    page = Template("{% once %}{% now 'u' %}{% endonce %}")

    assert page.render(Context()) == page.render(Context())


def test_renders_again_in_another_language() -> None:
    page = Template("{% load i18n %}{% once %}{% get_current_language as now %}{{ now }}{% endonce %}")

    found = []
    for language in ("en", "de", "en"):
        with translation.override(language):
            found.append(page.render(Context()))

    assert found == ["en", "de", "en"]


def test_renders_each_value_of_a_parameter() -> None:
    page = Template("{% once word=word %}{{ word }}{% endonce %}")

    found = [page.render(Context({"word": word})) for word in ("a", "b", "a", 1, True, None, gettext_lazy("c"))]

    assert found == ["a", "b", "a", "1", "True", "None", "c"]


def test_escapes_text_even_if_the_same_characters_were_safe_before() -> None:
    page = Template("{% once word=word %}{{ word }}{% endonce %}")

    found = [page.render(Context({"word": word})) for word in (mark_safe("<b>"), "<b>")]

    assert found == ["<b>", "&lt;b&gt;"]


def test_keeps_few_values() -> None:
    page = Template("{% once word=word %}{{ word }}{% endonce %}")

    found = [page.render(Context({"word": n})) for n in range(1000)]

    [node] = page.nodelist
    assert found == [str(n) for n in range(1000)]
    assert len(node._kept) <= 64  # type: ignore[attr-defined]  # a node of ours


@pytest.mark.parametrize(
    "source",
    [
        "{% once %}{% block a %}{% endblock %}{% endonce %}",
        "{% once %}<form>{% csrf_token %}</form>{% endonce %}",
        "{% once word %}{% endonce %}",
    ],
)
def test_refuses_what_differs_from_page_to_page(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        Template(source)


def test_refuses_a_parameter_that_is_no_plain_value() -> None:
    with pytest.raises(TypeError, match="form"):
        Template("{% once form=form %}{% endonce %}").render(Context({"form": object()}))
