"""A relying party for the tests: an application's client, what its program says to us, and where browsers end."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from django.test import Client as Http

from accounts.models import OidcClient
from tests.infrastructure.replayed_set_ups import SET_UPS
from tests.simulated.http_browser import Page
from tests.simulated.people import Person

CALLBACK = "https://wiki.example.org/callback"
AFTER_LOGOUT = "https://wiki.example.org/bye"
ISSUER = "http://testserver"


@dataclass
class PkceRequest:
    """One authorization request of a client, and the secret parts that it keeps."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass
class SimulatedRelyingParty:
    """A relying party: what its server and its users' browsers do. `secret` is empty for a public client."""

    client: OidcClient
    secret: str
    http: Http = field(default_factory=Http)
    flow: PkceRequest = field(default_factory=PkceRequest)

    def url(self, **changes: str | None) -> str:
        """Return the address of a new authorization request. None leaves a parameter out."""
        self.flow = PkceRequest()
        asked = {
            "client_id": self.client.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid profile email groups",
            "state": self.flow.state,
            "nonce": self.flow.nonce,
            "code_challenge": self.flow.challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        return f"/oauth/authorize/?{urlencode({name: value for name, value in asked.items() if value is not None})}"

    def ask(self, person: Person, **changes: str | None) -> "AuthorizationResponse":
        """Send a person's browser to us, as a link of the application does, and return where it ends."""
        return self.follow(person, self.url(**changes))

    def follow(self, person: Person, address: str) -> "AuthorizationResponse":
        """Open an address from another site. The browser stops where it would leave our site."""
        browser = person.browser
        response = browser.client.get(address, headers={"Sec-Fetch-Site": "cross-site"})
        while response.status_code in {302, 303} and not urlsplit(response["Location"]).netloc:
            response = browser.client.get(response["Location"], headers={"Sec-Fetch-Site": "cross-site"})
        browser.page = Page(response)
        browser.client.defaults["HTTP_SEC_FETCH_SITE"] = "same-origin"  # of the forms that come now
        return AuthorizationResponse(browser.page)

    def sign_in(self, person: Person, **changes: str | None) -> dict[str, Any]:
        """Sign a signed-in person in, and return the token response."""
        browser = person.browser

        def signed_in() -> tuple[dict[str, Any], PkceRequest, Page | None, Any, dict[str, Any]]:
            response = self.redeem(self.ask(person, **changes).code)
            assert response.status_code == 200, response.content
            return dict(response.json()), self.flow, browser.page, browser.client.cookies, browser.client.defaults

        before = (browser.client.cookies.output(), repr(browser.client.defaults))
        key = (self.client.pk, self.secret, person.user.pk, repr(changes), *before)
        tokens, self.flow, browser.page, browser.client.cookies, browser.client.defaults = SET_UPS.run(
            "oidc_sign_in", key, signed_in
        )
        return tokens

    def redeem(self, code: str, **changes: str) -> Any:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return self.post("token", **{**given, "code_verifier": self.flow.verifier, **changes})

    def refresh(self, token: str, **changes: str) -> Any:
        return self.post("token", grant_type="refresh_token", refresh_token=token, **changes)

    def post(self, endpoint: str, **form: str) -> Any:
        """Post to an endpoint as this client."""
        body, kind = urlencode({**self._name, **form}), "application/x-www-form-urlencoded"
        return self.http.post(f"/oauth/{endpoint}/", body, kind, headers=self._auth)

    @property
    def _name(self) -> dict[str, str]:
        return {} if self.secret else {"client_id": self.client.client_id}

    @property
    def _auth(self) -> dict[str, str]:
        if not self.secret:
            return {}
        pair = base64.b64encode(f"{self.client.client_id}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def userinfo(self, token: str) -> Any:
        return self.http.get("/oauth/userinfo/", headers={"Authorization": f"Bearer {token}"})

    def read(self, token: str, *, typ: str = "JWT") -> dict[str, Any]:
        """Check a token as a client does, with the published keys, and return its claims."""
        keys = {key["kid"]: key for key in self.http.get("/oauth/jwks.json").json()["keys"]}
        header = jwt.get_unverified_header(token)
        assert header["typ"] == typ
        key = keys[header["kid"]]
        assert key["alg"] == header["alg"]
        return dict(
            jwt.decode(
                token,
                jwt.PyJWK(key).key,
                algorithms=[key["alg"]],
                audience=self.client.client_id,
                issuer=ISSUER,
                options={"verify_exp": False, "verify_iat": False},  # the test's clock stands still
            )
        )


@dataclass
class AuthorizationResponse:
    """Where a person's browser ended: on a page of ours, or at the client."""

    page: Page

    @property
    def location(self) -> str:
        """Where the browser goes: by a redirect, or after a form by the page in between."""
        by_page = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', self.page.html)
        return unescape(by_page[1]) if by_page else str(self.page.response.get("Location", ""))

    @property
    def fields(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.location).query).items()}

    @property
    def code(self) -> str:
        assert "code" in self.fields, (self.page.status, self.location, self.page.html[:500])
        return self.fields["code"]

    @property
    def error(self) -> str:
        return self.fields.get("error", "")
