"""A browser without JavaScript: it reads a page's text, follows its links and submits its forms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.utils.crypto import get_random_string
from lxml import etree
from lxml import html as lxml_html

A_REASON = "A test wants it."  # that a change is made for
_UNSEEN = {"script", "style", "template", "title", "svg", "head"}


@dataclass
class Form:
    """A form on a page: its action, fields and buttons."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)  # label, name, value

    def names(self) -> set[str]:
        """Return the names of all fields."""
        return set(self.fields) | self.choices


class _PageReader:
    """Collects what a user without JavaScript can see and use: the target of a parser, which calls its methods."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.refused_fields: set[str] = set()
        self.values: dict[str, list[str]] = {}  # of each attribute `data-...`
        self._words: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self._n_forms = 0  # how many are open
        self._n_unseen = 0  # how many elements are open that hide their content
        self._label: list[str] | None = None
        self._select = ""
        if html:
            parser = etree.HTMLParser(target=self)
            parser.feed(html)
            parser.close()

    @property
    def words(self) -> str:
        return _joined(self._words)

    @property
    def hrefs(self) -> list[str]:
        return [href for _label, href in self.links]

    def start(self, tag: str, given: dict[str, str]) -> None:
        self._add(" ")
        self._open.append((tag, given))
        self._n_unseen += tag in _UNSEEN
        self._n_forms += tag == "form"
        form = self.forms[-1] if self.forms and self._n_forms else None
        for name, value in given.items():
            if name.startswith("data-"):
                self.values.setdefault(name.removeprefix("data-"), []).append(value)
        if given.get("aria-invalid") == "true" and "name" in given:
            self.refused_fields.add(given["name"])
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag in {"a", "button"}:
            self._label = []
        elif tag == "input" and form is not None and "name" in given:
            self._input(form, given)
        elif tag == "textarea" and form is not None and "name" in given:
            form.fields[given["name"]] = ""
        elif tag == "select" and form is not None:
            self._select = given.get("name", "")
            form.fields.setdefault(self._select, "")
        elif tag == "option" and form is not None and "selected" in given:
            form.fields[self._select] = given.get("value", "")

    @staticmethod
    def _input(form: Form, given: dict[str, str]) -> None:
        is_choice = given.get("type") in {"checkbox", "radio"}
        if is_choice and "checked" not in given:
            form.choices.add(given["name"])
        else:
            form.fields[given["name"]] = given.get("value", "on" if is_choice else "")

    def end(self, tag: str) -> None:
        self._add(" ")
        _, given = self._open.pop()
        self._n_unseen -= tag in _UNSEEN
        self._n_forms -= tag == "form"
        if tag == "a" and "href" in given:
            self.links.append((_joined(self._label or []), given["href"]))
        if tag == "button" and self.forms and not {"hidden", "disabled"} & set(given):
            label = _joined(self._label or [])
            self.forms[-1].buttons.append((label, given.get("name", ""), given.get("value", "")))

    def data(self, text: str) -> None:
        if not self._n_unseen:
            self._add(text)

    def close(self) -> None:
        """Have nothing to return: the parser asks for it at the end."""

    def _add(self, text: str) -> None:
        self._words.append(text)
        if self._label is not None:
            self._label.append(text)


def _joined(parts: list[str]) -> str:
    return " ".join("".join(parts).split())


@dataclass
class NetworkResponse:
    """A response that came over a socket, with what `Page` reads of one."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    request: dict[str, str]

    def get(self, name: str, default: str = "") -> str:
        return self.headers.get(name, default)

    def __getitem__(self, name: str) -> str:
        return self.headers[name]


class Page:
    """A response, read as a user reads it."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status: int = response.status_code
        self.path: str = response.request["PATH_INFO"]
        self.query: str = response.request["QUERY_STRING"]
        body = b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content
        self.html: str = body.decode()

    @property
    def address(self) -> str:
        """The path with the query: a form without an address of its own is sent to it."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def __deepcopy__(self, _memo: dict[int, Any]) -> "Page":
        return self  # a response doesn't change

    @cached_property
    def _seen(self) -> _PageReader:
        return _PageReader(self.html if "html" in self.response.get("Content-Type", "") else "")

    @cached_property
    def words(self) -> str:
        return self._seen.words

    @property
    def links(self) -> list[tuple[str, str]]:
        return self._seen.links

    @property
    def forms(self) -> list[Form]:
        return self._seen.forms

    @property
    def refused_fields(self) -> set[str]:
        """The names of the fields that the page asks to correct."""
        return self._seen.refused_fields

    def data(self, name: str) -> list[str]:
        """Return the values of an attribute `data-...`, in the order of the page."""
        return self._seen.values.get(name, [])

    def parts(self, attribute: str, value: str) -> list[_PageReader]:
        """Return the elements with this value of an attribute. For `class`, one of its names is enough."""
        is_it = f"@{attribute} = $value or contains(concat(' ', @{attribute}, ' '), concat(' ', $value, ' '))"
        found = lxml_html.fromstring(self.html).xpath(f"//*[{is_it}]", value=value)
        return [_PageReader(etree.tostring(each, encoding="unicode", method="html", with_tail=False)) for each in found]

    def part(self, attribute: str, value: str) -> _PageReader:
        """Return the first of these elements."""
        parts = self.parts(attribute, value)
        assert parts, f"no {attribute} {value!r} on {self!r}"
        return parts[0]

    @property
    def rows(self) -> dict[str, list[str]]:
        """The rows of tables: what is in the other cells, by the link or text in the cell that names the row."""
        found = {}
        for row in lxml_html.fromstring(self.html).xpath("//tr[th[@scope='row']]"):
            [name] = row.xpath("th[@scope='row']")
            label = (name.xpath(".//a") or [name])[0]
            found[_joined([label.text_content()])] = [_joined([cell.text_content()]) for cell in row.xpath("td")]
        return found

    @property
    def notices(self) -> list[str]:
        """The kinds of the notices of the page, such as `bad`, in its order."""
        return re.findall(r'class="notice (\w+)"', self.html)

    @property
    def outcomes(self) -> set[str]:
        """What the page tells, whatever its words for it are. Shape: a kind and a name, such as `verdict:wrong`."""
        return set(self.data("outcome"))

    @property
    def findings(self) -> list[str]:
        """The names of what a diagnosis found."""
        return self.data("finding")

    @property
    def message_states(self) -> list[str]:
        """The states of the messages whose status the page shows."""
        return self.data("state")

    @property
    def n_empty_lists(self) -> int:
        """How many lists of the page say that there is nothing in them."""
        return len(self.data("empty"))

    def __contains__(self, words: str) -> bool:
        return words in self.words

    def __repr__(self) -> str:
        return f"<{self.status} {self.path}: {self.words}>"

    def offers(self, label: str) -> bool:
        """Return whether a link or button has this label, or begins with it."""
        return bool(self._links(label) or self._forms(label))

    def leads_to(self, path: str) -> bool:
        """Return whether a link or form leads to this path, whatever its label is."""
        hrefs = [href for _label, href in self.links] + [form.action for form in self.forms if form.buttons]
        return any(urlsplit(urljoin(self.path, href)).path == path for href in hrefs)

    def _links(self, label: str) -> list[str]:
        return [href for text, href in self.links if text.startswith(label)]

    def _forms(self, label: str) -> list[tuple[Form, tuple[str, str, str]]]:
        return [(form, button) for form in self.forms for button in form.buttons if button[0].startswith(label)]

    def link(self, label: str) -> str:
        """Return the URL of the link."""
        links = self._links(label)
        assert links, f"no link {label!r} on {self!r}"
        return links[0]

    def form(self, label: str) -> tuple[Form, tuple[str, str, str]]:
        """Return the form with this button, and the button."""
        forms = self._forms(label)
        assert forms, f"no button {label!r} on {self!r}"
        return forms[0]


class Browser:
    """A user's browser with its own cookies. `page` is the current page."""

    def __init__(self, *, agent: str = "a browser of the tests", network: str = "192.0.2.7") -> None:
        self.client = Client(enforce_csrf_checks=True, headers={"User-Agent": agent}, REMOTE_ADDR=network)
        self.page: Page | None = None

    @property
    def shown(self) -> Page:
        assert self.page is not None, "nothing was opened yet"
        return self.page

    @property
    def session_key(self) -> str:
        """The value of the session cookie; empty without one."""
        cookie = self.client.cookies.get("mfa_session")
        return cookie.value if cookie else ""

    def go(self, address: str) -> Page:
        """Open a URL and follow redirects."""
        self.page = Page(self.client.get(address, follow=True))
        return self.page

    def reload(self) -> Page:
        """Reload the current page."""
        return self.go(self.shown.address)

    def follow(self, label: str) -> Page:
        """Follow a link on the page."""
        return self.go(urljoin(self.shown.address, self.shown.link(label)))

    def press(self, label: str, **fields: str | None) -> Page:
        """Fill in the form with this button and submit it. None removes a field.

        Errors: a field that the form does not have fails the test.
        """
        form, (_, name, value) = self.shown.form(label)
        assert set(fields) <= form.names(), f"{set(fields) - form.names()} not on {self.shown!r}"
        filled = form.fields | fields | ({name: value} if name else {})
        sent = {key: each for key, each in filled.items() if each is not None}
        address = urljoin(self.shown.address, form.action)
        send = self.client.post if form.method == "post" else self.client.get
        self.page = Page(send(address, sent, follow=True))
        return self.page

    def press_in_tab(self, page: Page, label: str, **fields: str) -> Page:
        """Press a button on a page that stayed open in another tab."""
        form, (_, name, value) = page.form(label)
        filled = form.fields | fields | ({name: value} if name else {})
        self.page = Page(self.client.post(urljoin(page.address, form.action), filled, follow=True))
        return self.page

    def save(self, address: str, /, **fields: str | None) -> Page:
        """Open a page that asks for a reason, and submit its form with these fields. None removes a field."""
        page = self.go(address)
        form = next((each for each in page.forms if "form_ref" in each.fields), None)
        assert form is not None, f"nothing asks for a reason on {page!r}"
        filled = form.fields | {"reason": A_REASON} | fields
        sent = {name: value for name, value in filled.items() if value is not None}
        self.page = Page(self.client.post(f"{page.path}?{page.query}", sent, follow=True))
        return self.page

    def submit(self, address: str, /, **fields: str) -> str:
        """Post a form without opening its page. Return where it leads; if it leads nowhere, the answer is the page."""
        if "mfa_csrf" not in self.client.cookies:
            self.client.cookies["mfa_csrf"] = get_random_string(32)
        sent = fields | {"csrfmiddlewaretoken": self.client.cookies["mfa_csrf"].value}
        answer = self.client.post(address, sent)
        if answer.status_code != 302:
            self.page = Page(answer)
        return str(answer.get("Location", ""))

    def send(self, address: str, /, **fields: str) -> Page:
        """Post something that no page offers, with a valid CSRF token."""
        token = self.client.cookies.get("mfa_csrf")
        sent = fields | ({"csrfmiddlewaretoken": token.value} if token else {})
        self.page = Page(self.client.post(address, sent, follow=True))
        return self.page
