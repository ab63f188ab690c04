"""Form fields for the rules of a policy. An empty one is None: the policy inherits the rule."""

import ipaddress
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from verification import phone_numbers
from verification.lazy_text import LazyText

_MIN_PREFIX_BITS = {4: 8, 6: 32}  # by version; a network wider than this is most of the internet


class Lines(forms.CharField):
    """Several values, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 3}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in str(value or "").replace(",", "\n").splitlines()]
        return [line for line in lines if line] or None


class Networks(Lines):
    """IP networks, one a line. Shape: as `ipaddress` writes them."""

    def clean(self, value: Any) -> Any:
        networks = super().clean(value)
        return [_network(text) for text in networks] if networks else None


class Countries(Lines):
    """Countries, one a line. Shape: ISO 3166-1 alpha-2, in capitals."""

    def clean(self, value: Any) -> Any:
        countries = super().clean(value)
        unknown = [text for text in countries or [] if not phone_numbers.is_country(text)]
        if unknown:
            raise forms.ValidationError(
                _("Not a country code: %(names)s. Enter codes such as CH.") % {"names": ", ".join(unknown)}
            )
        return [text.upper() for text in countries] if countries else None


class WholeNumber(forms.IntegerField):
    """A whole number within a range, which each error names."""

    def __init__(self, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        wrong = format_lazy(_lazy("Enter a whole number from {least} to {most}."), least=min_value, most=max_value)
        messages = dict.fromkeys(("invalid", "min_value", "max_value"), wrong)
        super().__init__(min_value=min_value, max_value=max_value, error_messages=messages, **kwargs)


class Minutes(WholeNumber):
    """A span in whole minutes."""

    def prepare_value(self, value: Any) -> Any:
        return int(value.total_seconds() // 60) if isinstance(value, timedelta) else value

    def clean(self, value: Any) -> Any:
        minutes = super().clean(value)
        return None if minutes is None else timedelta(minutes=minutes)


class Marks(forms.MultipleChoiceField):
    """Checkboxes, one for each choice."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.CheckboxSelectMultiple, **kwargs)

    def clean(self, value: Any) -> Any:
        return super().clean(value) or None


class InheritableChoiceField(forms.TypedChoiceField):
    """One of several values, or none of them."""

    def __init__(self, *, choices: Iterable[tuple[Any, LazyText]], **kwargs: Any) -> None:
        super().__init__(
            choices=[("", _lazy("Inherit")), *choices],
            empty_value=None,
            widget=forms.RadioSelect,
            **{"coerce": int, **kwargs},
        )


class Slug(InheritableChoiceField):
    """One of several values that are known by a slug, and that can change while the service runs."""

    def __init__(self, *, choices: Callable[[], Iterable[tuple[str, LazyText]]], **kwargs: Any) -> None:
        super().__init__(choices=(), coerce=str, **kwargs)
        self.choices = lambda: [("", _lazy("Inherit")), *choices()]


class YesNo(InheritableChoiceField):
    """Yes or no, in the words of the rule."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=lambda value: value == str(True), **kwargs)


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise forms.ValidationError(_("%(text)s isn’t a network. Enter it as 192.0.2.0/24.") % {"text": text}) from None
    if network.prefixlen < _MIN_PREFIX_BITS[network.version]:
        raise forms.ValidationError(
            _("%(text)s covers most of the internet. Enter a smaller network.") % {"text": text}
        )
    return str(network)
