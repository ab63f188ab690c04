"""The menu of the staff pages: its sections, the pages of each, and the permission that shows a page."""

from dataclasses import dataclass, replace
from functools import lru_cache

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from verification.lazy_text import LazyText


@dataclass(frozen=True)
class MenuPage:
    """A page that the menu leads to. Any one of the permissions shows it."""

    name: str
    label: LazyText
    view: str
    permissions: tuple[str, ...]

    @cached_property
    def url(self) -> str:
        return reverse(self.view)


@dataclass(frozen=True)
class MenuSection:
    """An entry of the menu. Its pages are shown as tabs if there are several."""

    name: str
    label: LazyText
    icon: str
    pages: tuple[MenuPage, ...]

    @property
    def url(self) -> str:
        return self.pages[0].url


@dataclass(frozen=True)
class Menu:
    """The menu of one member of staff, with the section and the page that they are on."""

    sections: tuple[MenuSection, ...]
    section: MenuSection | None = None
    page: MenuPage | None = None

    @property
    def home(self) -> str:
        """The first page that they may open, or nothing."""
        return self.sections[0].url if self.sections else ""


def _table(name: str, label: LazyText, model: str) -> MenuPage:
    """Return the page that lists a table. Shape of `model`: app_label.model_name."""
    app, _dot, table = model.partition(".")
    return MenuPage(name, label, f"admin:{app}_{table}_changelist", (f"{app}.view_{table}", f"{app}.change_{table}"))


# In the order of the menu. A new staff page gets a line here, or is below the address of a page that has one.
SECTIONS = (
    MenuSection(
        "people",
        _("People"),
        "person",
        (
            MenuPage("people", _("People"), "admin:accounts_user_changelist", ("accounts.view_user",)),
            MenuPage("groups", _("Groups"), "admin:auth_group_changelist", ("auth.view_group",)),
            MenuPage("tokens", _("Hardware tokens"), "admin:tokens", ("accounts.view_tokens",)),
        ),
    ),
    MenuSection(
        "requests",
        _("Requests"),
        "inbox",
        (MenuPage("requests", _("Requests"), "admin:support-requests", ("accounts.view_user",)),),
    ),
    MenuSection(
        "policies",
        _("Policies"),
        "shield",
        (
            _table("policies", _("Policies"), "verification.policy"),
            _table("strengths", _("Strengths"), "verification.strength"),
        ),
    ),
    MenuSection(
        "deliveries",
        _("Deliveries"),
        "send",
        (
            MenuPage("deliveries", _("Overview"), "admin:deliveries", ("verification.view_message",)),
            _table("routes", _("Routes"), "verification.route"),
            _table("outages", _("Outages"), "verification.outage"),
            _table("provider-health", _("Provider health"), "verification.circuit"),
        ),
    ),
    MenuSection(
        "costs",
        _("Costs"),
        "coins",
        (
            MenuPage("costs", _("Overview"), "admin:costs", ("verification.view_spendinglimit",)),
            _table("countries", _("Countries"), "verification.country"),
            _table("spending-limits", _("Spending limits"), "verification.spendinglimit"),
            _table("blocked-ranges", _("Blocked ranges"), "verification.blockedrange"),
            _table("opted-out", _("Opted-out numbers"), "verification.optout"),
        ),
    ),
    MenuSection(
        "applications",
        _("Applications"),
        "browser",
        (
            _table("applications", _("Applications"), "accounts.application"),
            _table("proxies", _("Proxies"), "accounts.proxy"),
            _table("protected-addresses", _("Protected addresses"), "accounts.protectedhost"),
            MenuPage(
                "forward-auth-check",
                _("Check an address"),
                "admin:forward-auth-check",
                ("accounts.view_proxy", "accounts.change_proxy"),
            ),
            _table("services", _("App-password services"), "accounts.service"),
        ),
    ),
    MenuSection(
        "reports",
        _("Reports"),
        "chart",
        (MenuPage("reports", _("Reports"), "admin:reports", ("accounts.view_reports",)),),
    ),
    MenuSection(
        "audit-log",
        _("Audit log"),
        "list",
        (MenuPage("audit-log", _("Audit log"), "admin:audit-log", ("verification.view_auditevent",)),),
    ),
    MenuSection(
        "imports",
        _("Import"),
        "upload",
        (MenuPage("imports", _("Import"), "admin:imports", ("accounts.import_people", "accounts.import_tokens")),),
    ),
    MenuSection(
        "articles",
        _("Articles"),
        "book",
        (
            _table("articles", _("Articles"), "helpcenter.article"),
            _table("feedback", _("Feedback"), "helpcenter.feedback"),
            _table("failed-searches", _("Failed searches"), "helpcenter.miss"),
            _table("contacts", _("Contacts"), "helpcenter.contact"),
            _table("versions", _("Earlier versions"), "helpcenter.version"),
        ),
    ),
    MenuSection(
        "settings",
        _("Settings"),
        "settings",
        (
            MenuPage("roles", _("Roles"), "admin:roles", ("auth.view_group",)),
            _table("scopes", _("Desk scopes"), "accounts.scope"),
            _table("directories", _("Directories"), "accounts.directory"),
        ),
    ),
)


def menu(user: User | AnonymousUser, path: str, here: str = "") -> Menu:
    """Return the pages that a member of staff may open. `here` names the current page if its address does not say."""
    has_all = user.is_active and user.is_superuser
    sections = SECTIONS if has_all else _allowed(frozenset(user.get_all_permissions()))
    pages = [(section, page) for section in sections for page in section.pages]
    found = [(section, page) for section, page in pages if page.name == here]
    if not found:
        below = [(len(page.url), section, page) for section, page in pages if path.startswith(page.url)]
        found = [(section, page) for _length, section, page in sorted(below, key=lambda each: each[0])[-1:]]
    section, page = found[0] if found else (None, None)
    return Menu(sections, section, page)


@lru_cache(maxsize=64)
def _allowed(rights: frozenset[str]) -> tuple[MenuSection, ...]:
    """Return the pages that somebody with these permissions may open."""
    found = [
        replace(section, pages=tuple(page for page in section.pages if rights.intersection(page.permissions)))
        for section in SECTIONS
    ]
    return tuple(section for section in found if section.pages)


def home_of(table: Menu, prefix: str) -> str:
    """Return the first page below an address that they may open, or nothing."""
    return next((page.url for section in table.sections for page in section.pages if page.url.startswith(prefix)), "")
