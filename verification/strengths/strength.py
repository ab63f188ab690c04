"""`AuthenticationStrength`: which methods are enough, by their properties and by name."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_

from verification import method_registry
from verification.lazy_text import LazyText
from verification.method_base import Method
from verification.method_capabilities import Backup, Delivered


class Need(StrEnum):
    """A property that a strength can demand of a method."""

    PHISHING_RESISTANT = "phishing-resistant"
    NOT_SENT = "not-sent"
    NOT_BACKUP = "not-backup"


_HAS: Mapping[Need, Callable[[Method], bool]] = {
    Need.PHISHING_RESISTANT: lambda method: method.is_phishing_resistant,
    Need.NOT_SENT: lambda method: not isinstance(method, Delivered),
    Need.NOT_BACKUP: lambda method: not isinstance(method, Backup),
}


@dataclass(frozen=True, kw_only=True)
class AuthenticationStrength:
    """A named set of methods, any of which is enough.

    Shape: a method is in the set if it has all properties of `needs` and, unless `names` is None, if it is named there.
    Without `is_second_step` the password alone is enough.
    """

    slug: str
    label: LazyText
    explain: LazyText = ""
    needs: frozenset[Need] = frozenset()
    names: frozenset[str] | None = None
    is_second_step: bool = True
    is_built_in: bool = False

    def methods(self) -> tuple[str, ...]:
        """Return the installed methods in the set, in the order in which methods are offered."""
        return tuple(name for name, method in method_registry.methods().items() if self._has(method))

    def accepts(self, methods: Collection[str]) -> bool:
        """Return whether having verified these methods is enough."""
        return not self.is_second_step or any(name in methods for name in self.methods())

    @property
    def is_any_second_step(self) -> bool:
        """Return whether every second step is enough."""
        return self.is_second_step and not self.needs and self.names is None

    @property
    def is_phishing_resistant(self) -> bool:
        """Return whether every method in the set is phishing-resistant. An empty set is not."""
        found = self.methods()
        return (
            self.is_second_step and bool(found) and all(method_registry.method(m).is_phishing_resistant for m in found)
        )

    def _has(self, method: Method) -> bool:
        is_named = self.names is None or method.name in self.names
        return self.is_second_step and is_named and all(_HAS[need](method) for need in self.needs)


def both(*strengths: AuthenticationStrength) -> AuthenticationStrength:
    """Return the strength that meets all of these: the narrowest one, or their intersection."""
    asked = [each for each in strengths if each.is_second_step]
    if not asked:
        return strengths[0]
    narrow = [each for each in asked if not each.is_any_second_step] or asked[:1]
    narrowest = min(narrow, key=lambda each: len(each.methods()))
    if all(set(narrowest.methods()) <= set(each.methods()) for each in narrow):
        return narrowest
    named = [each.names for each in narrow if each.names is not None]
    return AuthenticationStrength(
        slug="+".join(each.slug for each in narrow),
        label=" + ".join(str(each.label) for each in narrow),
        needs=reduce(or_, (each.needs for each in narrow)),
        names=frozenset.intersection(*named) if named else None,
    )
