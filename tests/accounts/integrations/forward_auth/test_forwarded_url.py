"""Tests of how an address is read: a plain one is taken, and one that two programs could read differently is not.

Each group was seen failing with its guard removed from `forwarded_url`.
"""

import pytest
from django.utils.datastructures import CaseInsensitiveMapping

from accounts.integrations.forward_auth import forwarded_url
from accounts.integrations.forward_auth.forwarded_url import Doubt, ForwardedUrl

HOST = "wiki.example.org"


def headers(uri: str = "/page?x=1", **more: str) -> CaseInsensitiveMapping[str]:
    told = {
        "X-Forwarded-Host": HOST,
        "X-Forwarded-Uri": uri,
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Method": "GET",
    }
    return CaseInsensitiveMapping(told | {name.replace("_", "-"): value for name, value in more.items()})


def path_of(uri: str) -> str | Doubt:
    found = forwarded_url.read(host=HOST, uri=uri)
    return found if isinstance(found, Doubt) else found.path


def test_reads_what_a_proxy_says() -> None:
    found = forwarded_url.of_headers(headers(X_Forwarded_Method="post"))

    assert found == ForwardedUrl(scheme="http", host=HOST, uri="/page?x=1", path="/page", method="POST")
    assert isinstance(found, ForwardedUrl)
    assert found.url == "http://wiki.example.org/page?x=1"


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Forwarded-Uri", "X-Forwarded-Method"])
def test_needs_every_part(name: str) -> None:
    told = {key: value for key, value in headers().items() if key != name}

    assert forwarded_url.of_headers(CaseInsensitiveMapping(told)) is Doubt.MISSING
    assert forwarded_url.of_headers(headers(**{name: ""})) is Doubt.MISSING


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("/", "/"),
        ("/a/b.html?next=//evil/%2e%2e/", "/a/b.html"),
        ("/a.b/..c/.d", "/a.b/..c/.d"),
        ("/100%25", "/100%"),
        ("/%61dmin/", "/admin/"),
        ("/caf%C3%A9", "/café"),
        ("/a+b%20c,d@e:f", "/a+b c,d@e:f"),
        ("/a;v=1", "/a;v=1"),
    ],
)
def test_decodes_a_plain_path_once(uri: str, path: str) -> None:
    assert path_of(uri) == path


@pytest.mark.parametrize(
    "uri",
    [
        *("", "page", "*", "http://evil.example.org/", "//evil.example.org/", "/a//b", "/a/."),
        *("/..", "/a/../admin", "/a/./admin", "/..;/admin", "/a/..;x=1/admin", "/.. /admin"),
        *("/%2e%2e/admin", "/%2E./admin", "/a/%2e/", "/a%2fadmin", "/a%2Fadmin", "/a\\admin", "/a%5cadmin"),
        *("/%252e%252e/admin", "/a%252fadmin", "/%2561dmin", "/%25u002e/"),
        *("/a%00", "/a%0d%0ab", "/a%1f", "/a%7f", "/a\x00", "/a b", "/a\r\nb", "/a\tb"),
        *("/%", "/%a", "/%zz", "/a%c0%ae", "/%ff", "/%c3", "/caf\xe9", "/\u2025/"),
        *("/a#b", "/a?x#b", "/%EF%BC%8E%EF%BC%8E/admin", "/a%EF%BC%8Fadmin", "/a%EF%BC%BCadmin", "/a%E2%80%AEb"),
        f"/{'a' * 4096}",
    ],
)
def test_refuses_every_doubtful_path(uri: str) -> None:
    assert path_of(uri) is Doubt.PATH


@pytest.mark.parametrize("path", ["/a;b", "/;/", "/admin.", "/admin /x", "/a./b"])
def test_knows_what_servers_read_differently(path: str) -> None:
    assert forwarded_url.is_ambiguous(path)
    assert not forwarded_url.is_ambiguous("/a.b/c d/e-f")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Wiki.Example.ORG", HOST),
        ("wiki.example.org:80", HOST),
        ("wiki.example.org:8443", "wiki.example.org:8443"),
        ("wiki.example.org:65535", "wiki.example.org:65535"),
        ("wiki", "wiki"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("127.0.0.1:81", "127.0.0.1:81"),
    ],
)
def test_reads_a_host(text: str, name: str) -> None:
    assert forwarded_url.host_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "wiki.example.org.", "wiki..org", "wiki.example.org:", "wiki.example.org:x", "wiki:080", "a b"),
        *("wiki:65536", "wiki:99999", "wiki:100000"),
        *("a,b", "wiki.example.org,evil.example.org", "user@wiki.example.org", "wiki.example.org/x", "wiki\\x"),
        *("[::1]", "wiki.example.org:80:80", "bücher.example", "wiki%2eexample.org", "\u212aiki", "-a.org", "a" * 300),
    ],
)
def test_refuses_what_is_no_host(text: str) -> None:
    assert forwarded_url.host_name(text) is None
    assert forwarded_url.of_headers(headers(X_Forwarded_Host=text)) in {Doubt.HOST, Doubt.MISSING}


@pytest.mark.parametrize("proto", ["https", "http,https", "ws", " http"])
def test_refuses_another_scheme(proto: str) -> None:
    assert forwarded_url.of_headers(headers(X_Forwarded_Proto=proto)) is Doubt.SCHEME


@pytest.mark.parametrize("method", ["GE T", "GET,POST", "A" * 21, "G\x00"])
def test_refuses_an_odd_method(method: str) -> None:
    assert forwarded_url.of_headers(headers(X_Forwarded_Method=method)) is Doubt.METHOD


@pytest.mark.parametrize(
    "told",
    [
        {"X_Original_Url": "http://wiki.example.org/public"},
        {"X_Original_Url": "https://wiki.example.org/page?x=1"},
        {"X_Original_Uri": "/public"},
        {"X_Rewrite_Url": "/public"},
        {"X_Envoy_Original_Path": "/public"},
        {"X_Original_Method": "POST"},
        {"X_Original_Uri": ""},
    ],
)
def test_refuses_headers_that_contradict_each_other(told: dict[str, str]) -> None:
    """CVE-2026-40575: the path was read from a header that the visitor sent."""
    assert forwarded_url.of_headers(headers(**told)) is Doubt.CONFLICT


def test_takes_headers_that_agree() -> None:
    told = headers(
        X_Original_Url="http://wiki.example.org/page?x=1", X_Original_Uri="/page?x=1", X_Original_Method="get"
    )

    assert isinstance(forwarded_url.of_headers(told), ForwardedUrl)


def test_path_below_our_own_must_be_the_same() -> None:
    """Envoy appends the wanted path to ours."""
    assert isinstance(forwarded_url.of_headers(headers(), below="/page"), ForwardedUrl)
    assert isinstance(forwarded_url.of_headers(headers(), below="/"), ForwardedUrl)
    assert forwarded_url.of_headers(headers(), below="/public") is Doubt.CONFLICT


@pytest.mark.parametrize(
    "url", ["https://wiki.example.org/", "javascript:alert(1)", "//wiki.example.org/", "http:///x", "http://a@b/", ""]
)
def test_url_is_whole_and_plain(url: str) -> None:
    assert isinstance(forwarded_url.of_url("http://wiki.example.org/page"), ForwardedUrl)
    assert isinstance(forwarded_url.of_url(url), Doubt)
