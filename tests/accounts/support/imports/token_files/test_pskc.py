"""Tests of PSKC packages: the figures of RFC 6030, the data of each token, and what is refused and why."""

import base64
import csv
import hmac
import io
from typing import Any

import pytest
from cryptography.hazmat.primitives import keywrap, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from accounts.support.imports import reading_files_into_rows
from accounts.support.imports.token_files import pskc, pskc_keys

SECRET = b"12345678901234567890"
XENC = "http://www.w3.org/2001/04/xmlenc#"
KEY = bytes.fromhex("12345678901234567890123456789012")
HEAD = (
    '<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc" '
    'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" '
    'xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" '
    'xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#">'
)
SIX = '<AlgorithmParameters><ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters>'
PLAIN = f"<Secret><PlainValue>{base64.b64encode(SECRET).decode()}</PlainValue></Secret>"


def package(
    serial: str = "AB-1",
    *,
    kind: str = "totp",
    parameters: str = SIX,
    data: str = PLAIN,
    more: str = "",
    info: str = "",
) -> str:
    return (
        f"<KeyPackage><DeviceInfo><Manufacturer>oath.Acme</Manufacturer><SerialNo>{serial}</SerialNo>"
        f"<Model>One</Model>{info}</DeviceInfo>"
        f'<Key Id="k1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{kind}">{parameters}<Data>{data}</Data>{more}'
        "</Key></KeyPackage>"
    )


def container(*packages: str, before: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{HEAD}{before}{"".join(packages)}</KeyContainer>'.encode()


def read_rows(raw: bytes, **opening: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(pskc.read(raw, **opening))))


def cipher(value: str, algorithm: str = f"{XENC}aes128-cbc") -> str:
    return (
        f'<EncryptedValue><xenc:EncryptionMethod Algorithm="{algorithm}"/>'
        f"<xenc:CipherData><xenc:CipherValue>{value}</xenc:CipherValue></xenc:CipherData></EncryptedValue>"
    )


def mac_method(value: str, name: str = "http://www.w3.org/2000/09/xmldsig#hmac-sha1") -> str:
    inner = cipher(value).removeprefix("<EncryptedValue>").removesuffix("</EncryptedValue>")
    return f'<MACMethod Algorithm="{name}"><MACKey>{inner}</MACKey></MACMethod>'


def derived(rounds: int, n_bytes: int) -> str:
    return (
        "<EncryptionKey><xenc11:DerivedKey><xenc11:KeyDerivationMethod "
        'Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2"><pkcs5:PBKDF2-params>'
        f"<Salt><Specified>Ej7/PEpyEpw=</Specified></Salt><IterationCount>{rounds}</IterationCount>"
        f"<KeyLength>{n_bytes}</KeyLength></pkcs5:PBKDF2-params></xenc11:KeyDerivationMethod>"
        "</xenc11:DerivedKey></EncryptionKey>"
    )


def sealed(plain: bytes, key: bytes = KEY) -> bytes:
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return bytes(16) + encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def with_mac(name: str, uri: str, *, secret: bytes = SECRET, tamper: bool = False) -> bytes:
    """Return a package as in RFC 6030, 6.1.1: encrypted, with a check value under a separate key."""
    mac_key, value = b"m" * 32, sealed(secret)
    check = hmac.digest(mac_key, value, name)
    if tamper:
        check = bytes(len(check))
    data = f"<Secret>{cipher(text(value))}<ValueMAC>{text(check)}</ValueMAC></Secret>"
    return container(package(data=data), before=mac_method(text(sealed(mac_key)), uri))


# The figures of the RFC -----------------------------------------------------------------------------------------

FIGURE_6 = container(
    package(
        kind="hotp",
        parameters='<AlgorithmParameters><ResponseFormat Length="8" Encoding="DECIMAL"/></AlgorithmParameters>',
        data=f"<Secret>{cipher('AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv')}"
        "<ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExc=</ValueMAC></Secret><Counter><PlainValue>0</PlainValue></Counter>",
    ),
    before="<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>"
    + mac_method("ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX"),
)
DERIVED = (
    "<EncryptionKey><xenc11:DerivedKey><xenc11:KeyDerivationMethod "
    'Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2"><pkcs5:PBKDF2-params>'
    "<Salt><Specified>Ej7/PEpyEpw=</Specified></Salt><IterationCount>1000</IterationCount><KeyLength>16</KeyLength>"
    "</pkcs5:PBKDF2-params></xenc11:KeyDerivationMethod></xenc11:DerivedKey></EncryptionKey>"
)
FIGURE_7 = container(
    package(
        kind="hotp",
        data=f"<Secret>{cipher('oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f')}"
        "<ValueMAC>LP6xMvjtypbfT9PdkJhBZ+D6O4w=</ValueMAC></Secret>",
    ),
    before=DERIVED + mac_method("2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx"),
)
WANTED = base64.b32encode(SECRET).decode()


def test_package_with_a_pre_shared_key_is_read() -> None:
    """Source: RFC 6030, figure 6."""
    (row,) = read_rows(FIGURE_6, key=KEY.hex())

    assert row == row | {"secret key": WANTED, "type": "HOTP", "digits": "8", "counter": "0", "refused": ""}


def test_package_with_a_passphrase_is_read() -> None:
    """Source: RFC 6030, figure 7."""
    (row,) = read_rows(FIGURE_7, passphrase="qwerty")

    assert row == row | {"secret key": WANTED, "type": "HOTP", "refused": ""}


@pytest.mark.parametrize(
    ("raw", "opening", "words"),
    [
        (FIGURE_6, {"key": "00" * 16}, "This key doesn’t decrypt"),
        (FIGURE_6, {"key": "00" * 32}, "128-bit AES. Enter a key of 32 hex digits"),
        (FIGURE_6, {}, "Enter its pre-shared key"),
        (FIGURE_7, {"passphrase": "azerty"}, "This passphrase doesn’t decrypt"),
        (FIGURE_7, {"key": KEY.hex()}, "protected by a passphrase"),
        (FIGURE_7.replace(b"1000<", b"99000000<"), {"passphrase": "qwerty"}, "99000000 rounds"),
        (FIGURE_7.replace(b"#pbkdf2", b"#scrypt"), {"passphrase": "qwerty"}, "derived with scrypt"),
        (FIGURE_7.replace(b"Ej7/PEpyEpw=", b"?"), {"passphrase": "qwerty"}, "can’t be read"),
    ],
)
def test_wrong_key_is_told_from_a_wrong_file(raw: bytes, opening: dict[str, str], words: str) -> None:
    with pytest.raises(reading_files_into_rows.UnreadableFile, match=words):
        read_rows(raw, **opening)


# Check values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("sha1", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        ("sha256", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        ("sha512", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512"),
    ],
)
def test_check_value_is_compared(name: str, uri: str) -> None:
    """Before the fix, nothing checked it: a damaged secret was imported, and no code of the token worked."""
    (good,) = read_rows(with_mac(name, uri), key=KEY.hex())
    (bad,) = read_rows(with_mac(name, uri, tamper=True), key=KEY.hex())

    assert (good["secret key"], good["refused"]) == (WANTED, "")
    assert (bad["serial number"], bad["secret key"]) == ("AB-1", "")
    assert bad["refused"] == str(pskc_keys.CHANGED)


def test_check_value_of_an_unknown_kind_is_named() -> None:
    (row,) = read_rows(with_mac("sha1", "urn:made-up#hmac-whirlpool9"), key=KEY.hex())

    assert "hmac-whirlpool9" in row["refused"]


def test_missing_check_value_is_refused() -> None:
    raw = with_mac("sha1", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")
    start, end = raw.index(b"<ValueMAC>"), raw.index(b"</ValueMAC>") + len(b"</ValueMAC>")

    (row,) = read_rows(raw[:start] + raw[end:], key=KEY.hex())

    assert "check value" in row["refused"]


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_wrapped_keys_are_read(bits: int) -> None:
    key = bytes(range(bits // 8))
    value = keywrap.aes_key_wrap(key, b"0123456789abcdef")
    data = f"<Secret>{cipher(text(value), f'{XENC}kw-aes{bits}')}</Secret>"

    (row,) = read_rows(container(package(data=data)), key=key.hex())

    assert base64.b32decode(row["secret key"] + "======") == b"0123456789abcdef"
    with pytest.raises(reading_files_into_rows.UnreadableFile, match="doesn’t decrypt"):
        read_rows(container(package(data=data)), key="ff" * (bits // 8))


@pytest.mark.parametrize(
    "uri",
    [
        f"{XENC}tripledes-cbc",
        f"{XENC}kw-tripledes",
        "http://www.w3.org/2001/04/xmldsig-more#camellia128-cbc",
        "http://www.w3.org/2009/xmlenc11#aes128-gcm",
        f"{XENC}rsa-1_5",
    ],
)
def test_other_ciphers_are_refused_by_their_name(uri: str) -> None:
    """It said that the key does not open it, though the cipher was another one."""
    data = f"<Secret>{cipher(text(sealed(SECRET)), uri)}</Secret>"

    with pytest.raises(reading_files_into_rows.UnreadableFile, match=uri.rpartition("#")[2]):
        read_rows(container(package(data=data)), key=KEY.hex())


# What is said of each token -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        ({"kind": "hotp", "data": f"{PLAIN}<Counter><PlainValue>42</PlainValue></Counter>"}, {"counter": "42"}),
        ({"kind": "hotp"}, {"type": "HOTP"}),
        ({}, {"type": "TOTP", "digits": "6", "hash": "sha1", "time interval": "30"}),
        ({"parameters": SIX.replace('"6"', '"8"')}, {"digits": "8"}),
        ({"parameters": SIX.replace("<Resp", "<Suite>HMAC-SHA256</Suite><Resp")}, {"hash": "sha256"}),
        ({"parameters": SIX.replace("<Resp", "<Suite>HMAC-SHA-512</Suite><Resp")}, {"hash": "sha512"}),
        ({"data": f"{PLAIN}<TimeInterval><PlainValue>60</PlainValue></TimeInterval>"}, {"time interval": "60"}),
        ({"data": f"{PLAIN}<Time><PlainValue>0</PlainValue></Time>"}, {"refused": ""}),
        ({"data": f"{PLAIN}<Time><PlainValue>58000000</PlainValue></Time>"}, {"refused": ""}),
        ({"data": f"{PLAIN}<TimeDrift><PlainValue>4</PlainValue></TimeDrift>"}, {"clock lead": "120"}),
        ({"more": "<UserId>ana</UserId>"}, {"upn": "ana"}),
        ({"more": "<UserId>UID=ana,DC=example,DC=org</UserId>"}, {"upn": "ana"}),
        ({"more": "<UserId>UID=ana, DC=example, DC=org</UserId>"}, {"upn": "ana"}),
        ({"data": f"{PLAIN}<TimeInterval><PlainValue>0</PlainValue></TimeInterval>"}, {"time interval": "0"}),
        ({"more": "<UserId>CN=Ana Keller,O=Acme</UserId>"}, {"upn": "Ana Keller"}),
        ({"more": "<UserId>a=b=c</UserId>"}, {"upn": "a=b=c"}),
        ({"info": "<UserId>ben</UserId>"}, {"upn": "ben"}),
        ({}, {"upn": "", "manufacturer": "Acme", "model": "One"}),
        (
            {"more": "<Policy><StartDate>2026-01-01T00:00:00Z</StartDate><KeyUsage>OTP</KeyUsage></Policy>"},
            {"starts": "2026-01-01T00:00:00+00:00", "refused": ""},
        ),
        ({"info": "<ExpiryDate>2199-01-01T00:00:00Z</ExpiryDate>"}, {"ends": "2199-01-01T00:00:00+00:00"}),
        ({"more": '<Policy><PINPolicy PINUsageMode="Local" MinLength="4"/></Policy>'}, {"refused": ""}),
        ({"serial": ""}, {"serial number": "k1"}),
    ],
)
def test_token_is_read_as_its_package_says(made: dict[str, Any], wanted: dict[str, str]) -> None:
    """All came in as six digits of SHA-1 by the half minute: "1 new, 0 wrong", and no code worked."""
    (row,) = read_rows(container(package(**made)))

    assert row == row | wanted


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"kind": "OCRA-1:HOTP-SHA512-8:C-QN08"}, "The algorithm"),
        ({"kind": "pin"}, "algorithm pin"),
        ({"parameters": SIX.replace("DECIMAL", "HEXADECIMAL")}, "HEXADECIMAL"),
        ({"parameters": SIX.replace("DECIMAL", "ALPHANUMERIC")}, "ALPHANUMERIC"),
        ({"parameters": SIX.replace("DECIMAL", "BASE64")}, "BASE64"),
        ({"parameters": SIX.replace('"6"', '"10"')}, "10 digits"),
        ({"parameters": SIX.replace("Encoding", 'CheckDigits="true" Encoding')}, "CheckDigits"),
        ({"parameters": SIX.replace("<Resp", "<Suite>HMAC-MD5</Suite><Resp")}, "HMAC-MD5"),
        ({"parameters": SIX.replace("<Resp", "<Suite>HMAC-SHA384</Suite><Resp")}, "HMAC-SHA384"),
        ({"parameters": "", "more": "<KeyProfileId>keyProfile1</KeyProfileId>"}, "keyProfile1"),
        ({"data": "<Secret><PlainValue>abc</PlainValue></Secret>"}, "isn’t base64"),
        ({"data": "<Secret><PlainValue>MTIz!NDU2</PlainValue></Secret>"}, "isn’t base64"),
        ({"data": ""}, "no secret"),
        ({"data": f"{PLAIN}<Time><PlainValue>7</PlainValue></Time>"}, "starts at 7"),
        ({"data": f"{PLAIN}<Counter><PlainValue>???</PlainValue></Counter>"}, "Counter isn’t a number"),
        ({"more": "<Policy><KeyUsage>CR</KeyUsage></Policy>"}, "intended for CR"),
        ({"more": '<Policy><PINPolicy PINUsageMode="Append"/></Policy>'}, "Append"),
        ({"more": "<Policy><NumberOfTransactions>5</NumberOfTransactions></Policy>"}, "can’t be used"),
        ({"more": "<Policy><Moonphase>full</Moonphase></Policy>"}, "can’t be used"),
        ({"more": "<Policy><ExpiryDate>2020-01-01T00:00:00Z</ExpiryDate></Policy>"}, "expired on 1 January 2020"),
    ],
)
def test_what_is_not_supported_is_refused_by_name_and_the_rest_comes_in(made: dict[str, Any], words: str) -> None:
    """One bad key refused the whole package without naming it; unsupported ones came in and never worked."""
    good, bad = read_rows(container(package("GOOD"), package("BAD", **made)))

    assert (good["secret key"], good["refused"]) == (WANTED, "")
    assert (bad["serial number"], bad["secret key"]) == ("BAD", "")
    assert words in bad["refused"]


def test_broken_tokens_among_many_are_found_one_by_one() -> None:
    bad = {3, 4, 17, 40}
    broken = "<Secret><PlainValue>abc</PlainValue></Secret>"

    rows = read_rows(container(*(package(f"S{n}", data=broken if n in bad else PLAIN) for n in range(41))))

    assert [row["serial number"] for row in rows] == [f"S{n}" for n in range(41)]
    assert {n for n, row in enumerate(rows) if row["refused"]} == bad


@pytest.mark.parametrize(("rounds", "n_bytes"), [(10_000_000, 16), (1_000, 64)])
def test_a_key_that_takes_long_to_derive_is_refused(rounds: int, n_bytes: int) -> None:
    """Seen: it blocked a web process for half a minute."""
    raw = container(package(data=f"<Secret>{cipher('')}</Secret>"), before=derived(rounds, n_bytes))

    with pytest.raises(reading_files_into_rows.UnreadableFile, match=f"{rounds} rounds for {n_bytes} bytes"):
        read_rows(raw, passphrase="x")


def test_a_package_of_broken_tokens_is_given_up() -> None:
    """Each is looked for among the others: two thousand of them took seven seconds."""
    broken = package(data="<Counter><PlainValue>x</PlainValue></Counter>")

    with pytest.raises(reading_files_into_rows.UnreadableFile, match=r"\b50\b"):
        read_rows(container(*[broken] * 51))


def test_a_package_of_too_many_tokens_is_refused_at_once() -> None:
    with pytest.raises(reading_files_into_rows.UnreadableFile, match=r"\b10001\b.*\b10000\b"):
        read_rows(container(*["<KeyPackage/>"] * 10_001))


# The form of the file -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf" + container(package()),
        b"\n  " + container(package()),
        container(package()).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        container(package()).decode().encode("utf-16"),
        container(package()).decode().replace("UTF-8", "UTF-16LE").encode("utf-16-le"),
        container(package()).decode().encode("utf-16-be"),
        container(package(info="<UserId>Zoë</UserId>")).decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    ],
)
def test_xml_of_every_encoding_is_read(raw: bytes) -> None:
    assert pskc.is_package(raw)
    assert read_rows(raw)[0]["secret key"] == WANTED


def test_letters_of_other_encodings_are_read_right() -> None:
    raw = container(package(info="<UserId>Zoë</UserId>")).decode().replace("UTF-8", "ISO-8859-1").encode("latin-1")

    assert read_rows(raw)[0]["upn"] == "Zoë"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"<a/>", "isn’t a PSKC package"),
        (b"<a", "XML can’t be read"),
        (container("<a>" * 20_000 + "</a>" * 20_000), "XML can’t be read"),
        (HEAD.encode() + b"</KeyContainer>", "contains no tokens"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + container(package())[39:], "DTD"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + container(package())[39:], "DTD"),
        (container(package()).replace(b'Version="1.0" xmlns', b'Version="2.0" xmlns'), "version 2.0"),
    ],
)
def test_other_files_are_said_to_be_so(raw: bytes, words: str) -> None:
    with pytest.raises(reading_files_into_rows.UnreadableFile, match=words):
        read_rows(raw)
