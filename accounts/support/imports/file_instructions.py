"""What a file must contain, column by column, with an example to download."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.models import Import
from accounts.support.imports.columns_of_import_files import COLUMNS
from verification.lazy_text import LazyText


@dataclass(frozen=True)
class Guide:
    """One kind of file. `meanings` explain its columns in order, `examples` are rows."""

    kind: Import.Kind
    intro: LazyText
    meanings: tuple[LazyText, ...]
    examples: tuple[tuple[str, ...], ...]

    @property
    def columns(self) -> list[tuple[str, LazyText, str]]:
        """Return each column with its meaning and an example."""
        return list(zip(COLUMNS[self.kind], self.meanings, self.examples[0], strict=True))

    def rows(self) -> Iterator[Sequence[str]]:
        """Yield the lines of the example file."""
        yield COLUMNS[self.kind]
        yield from self.examples


GUIDES = {
    Import.Kind.PEOPLE: Guide(
        Import.Kind.PEOPLE,
        _(
            "Adds new people and changes those who exist. New people set their password with an invitation or with "
            "“Reset your password”."
        ),
        (
            _("The name that they sign in with. Required, without spaces."),
            _("First and last name."),
            _("For notices and for setting a password."),
            _(
                "Existing groups, separated by semicolons. Replaces the groups that the person is in. A change is "
                "refused if policy requires a second person for it, or if your desk doesn’t help the people of a group."
            ),
            _(
                "enabled: set up a method at the next sign-in. enforced: always asked. disabled: no second step. "
                "Empty means enabled. For people who already have an account, another state is refused if your role "
                "can’t change it, or if policy requires a verified caller or a second person: change it on their page."
            ),
        ),
        (
            ("anna.muster", "Anna Muster", "anna.muster@example.org", "Finance;Zurich", "enabled"),
            ("ben.beispiel", "Ben Beispiel", "ben.beispiel@example.org", "", "enforced"),
        ),
    ),
    Import.Kind.TOKENS: Guide(
        Import.Kind.TOKENS,
        _(
            "Adds hardware tokens to the stock, or assigns them right away. The manufacturer’s own file works "
            "too: CSV, or a PSKC package (RFC 6030). If policy requires a second person for an assignment, request it "
            "on the person’s page."
        ),
        (
            _("Username or email address of the person who gets the token. Empty: the token goes to the stock."),
            _("Printed on the token. Required."),
            _("The secret in base32 or hex. Required."),
            _("Seconds for each code: 30 or 60."),
            _("For your records."),
            _("For your records."),
        ),
        (
            ("anna.muster", "AB123456", "GAYTEMZUGU3DOOBZMFRGGZDFMZTWQ2LK", "30", "Example Tokens", "ET-1"),
            ("", "AB123457", "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U", "30", "Example Tokens", "ET-1"),
        ),
    ),
    Import.Kind.ASSIGN: Guide(
        Import.Kind.ASSIGN,
        _(
            "Assigns tokens from the stock to people, who activate them with a code. If policy requires a second "
            "person for that, request it on the person’s page."
        ),
        (_("Printed on the token."), _("Username or email address of the person who gets it.")),
        (("AB123456", "anna.muster"), ("AB123457", "ben.beispiel@example.org")),
    ),
}
