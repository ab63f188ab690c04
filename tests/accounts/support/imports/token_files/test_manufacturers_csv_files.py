"""Tests of token makers' CSV files, and of what spreadsheets do to them."""

import base64
from typing import Any

import pytest
from django.contrib.auth.models import Group

from accounts.models import Scope, User
from accounts.support.actions import ActionRefusal
from accounts.support.imports import csv_encoding_and_separators, jobs, reading_files_into_rows
from accounts.support.imports.token_files import manufacturers_csv_files as token_csv
from tests.simulated.people import Person, hire, join
from verification import hardware_token_stock
from verification.context import Context
from verification.models import Enrolment, HardwareToken
from verification.otp.hardware_token_codes import Scheme

RAW = b"0123456789abcdefghij"
B32, HEX, B64 = base64.b32encode(RAW).decode(), RAW.hex(), base64.b64encode(RAW).decode()
ENTRA = "upn,serial number,secret key,time interval,manufacturer,model\n"


def first(text: str) -> dict[str, str]:
    return next(iter(token_csv.rows(text)))[1]


def bring(text: str, staff: User, context: Context, *, kind: str = "tokens") -> Any:
    job = jobs.begin(kind, text, staff, context, name="file.csv", is_dry_run=False)
    jobs.work(context.now)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{ENTRA}ana,AB1,{B32},60,Acme,One\n", {"upn": "ana", "time interval": "60", "manufacturer": "Acme"}),
        (f"serial number,secret key,time interval,manufacturer,model\nAB1,{B32},30,Acme,One\n", {"upn": ""}),
        (f"UPN;Serial Number;Secret Key;Time Interval;Manufacturer;Model\nana;AB1;{B32};30;x;y\n", {"upn": "ana"}),
        (f"upn\tserial number\tsecret key\nana\tAB1\t{B32}\n", {"upn": "ana"}),
        (f"sep=;\nserial number;secret key\nAB1;{B32}\n", {}),
        (f"\ufeff{ENTRA}ana,AB1,{B32},30,x,y\n".lstrip("\ufeff"), {}),
        (f"Serial No,Seed (HEX),OTP Length,Type\nAB1,{HEX},8,TOTP\n", {"digits": "8", "type": "TOTP"}),
        (f"serial,secret (base64)\nAB1,{B64}\n", {}),
        (f"Serial;Secret (hex);Time interval (seconds)\nAB1;{HEX};60\n", {"time interval": "60"}),
        (f"serial,seed,timeinterval(s)\nAB1,{HEX},60\n", {"time interval": "60"}),
        (f"serial,seed,period in sec\nAB1,{HEX},60\n", {"time interval": "60"}),
        (f"serial,seed,type,algorithm\nAB1,{HEX},TOTP,SHA256\n", {"type": "TOTP", "hash": "SHA256"}),
        (f"serial,seed,algorithm\nAB1,{HEX},HOTP\n", {"type": "HOTP", "hash": ""}),
        (f"# a comment, with, commas, in, it\nserial;seed\nAB1;{HEX}\n", {}),
        (f"serial,seed\nAB1,{HEX.upper()}\n", {}),
        (f"Token Serial Number;Hex Seed\nAB1;{HEX}\n".replace("Hex Seed", "HexSeed"), {}),
        (f"AB1,{HEX}\n", {}),
        (f"AB1,{HEX},hotp,8,\n", {"type": "hotp", "digits": "8"}),
        (f"AB1\t{HEX}\n", {}),
        (f"# a comment\nAB1,{B32}\n", {}),
        (f'{ENTRA}ana,"=""AB1""",{B32},30,x,y\n', {}),
        (f"{ENTRA}ana,'AB1,{B32},30,x,y\n", {}),
        (f"{ENTRA}ana,AB1,{B32.lower()},30,x,y\r", {}),
        (f"{ENTRA}ana,AB1,{B32[:16]} {B32[16:]},30,x,y\n", {}),
    ],
)
def test_file_of_every_maker_is_read(text: str, wanted: dict[str, str]) -> None:
    row = first(text)

    assert row == row | {"serial number": "AB1", "secret key": B32, "refused": ""} | wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (f"700123,,0,{HEX},,2024-05-02T09:00:00,", {"serial number": "700123", "type": "HOTP", "refused": ""}),
        (
            f"OATH-HOTP,02.05.24 09:00,1,ubnucccccccc,,{HEX},,,0,0,0,8,0,0,0,0,0,0",
            {"serial number": "ubnucccccccc", "digits": "8", "type": "HOTP", "refused": ""},
        ),
        (
            f"LOGGING START,02.05.24 09:00\nOATH-HOTP,02.05.24 09:00,2,,,{HEX},,,0,0,0,6,0,0,0,0,0,0",
            {"serial number": "YUBIKEY-02.05.24-09:00-2", "digits": "6", "refused": ""},
        ),
    ],
)
def test_what_the_yubikey_tool_writes_is_read(line: str, wanted: dict[str, str]) -> None:
    row = first(f"{line}\n")

    assert row == row | {"secret key": B32, "manufacturer": "Yubico"} | wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"700123,cccccccccccc,83cebdfb7b93,{HEX},,2024-05-02T09:00:00,\n", "Yubico OTP"),
        (f"700123,,,{HEX},,2024-05-02T09:00:00,\n", "static password"),
        (f"Yubico OTP,02.05.24 09:00,1,vvcccc,ab86c04de6a3,{HEX},,,0,0,0,0,0,0,0,0,0,0\n", "Yubico OTP"),
        (f"{ENTRA}ana,2.30816E+12,{B32},30,x,y\n", "2.30816E+12"),
        (f"{ENTRA}ana;2;3\n{ENTRA}".replace("ana;2;3\n", f'"ana","2,30816E+12",{B32},30,x,y\n'), "2,30816E+12"),
        (f"{ENTRA}ana,AB1,1.23457E+19,30,x,y\n", "rounded the secret key"),
        (f"{ENTRA}ana,AB1,,30,x,y\n", "secret key is missing"),
        (f"{ENTRA}ana,AB1,{B32}1,30,x,y\n", "isn’t base32"),
        (f"serial,secret (hex)\nAB1,{B32}\n", "isn’t in hex"),
        (f"serial,secret (base64)\nAB1,!{B64}\n", "isn’t base64"),
        (f"{ENTRA}ana,AB1,{B32},30,x,y,z\n", "more cells"),
    ],
)
def test_what_cannot_be_used_is_said(text: str, words: str) -> None:
    """Before the fix, it was imported as a different token, or stopped the whole file."""
    row = first(text)

    assert words in row["refused"]
    assert row["secret key"] == ""


@pytest.mark.parametrize("serial", ["2E45", "7e0012345"])
def test_serial_number_with_an_e_is_not_a_rounded_one(serial: str) -> None:
    """Spreadsheets write the sign of an exponent. Seen failing: the token was refused, though nothing was rounded."""
    row = first(f"{ENTRA}ana,{serial},{B32},30,x,y\n")

    assert (row["serial number"], row["refused"]) == (serial, "")


@pytest.mark.parametrize("text", ["", "\n", "user name,name,mail,groups,state\n", "a,b\nc,d\n", "x\n", "\r"])
def test_other_files_are_not_taken(text: str) -> None:
    with pytest.raises(reading_files_into_rows.UnreadableFile, match="upn,serial number"):
        list(token_csv.rows(text))


def test_a_secret_that_may_be_hex_or_base32_is_hex() -> None:
    """Seen: hex without the digits 0, 1, 8 and 9 silently became a different secret."""
    secret = "234567ABCDEF23456722ABCDEF234567ABCDEFAA"

    row = first(f"serial,secret\nAB1,{secret}\n")

    assert base64.b32decode(row["secret key"]) == bytes.fromhex(secret)


def test_a_serial_number_with_a_sharp_is_no_comment() -> None:
    found = [fields["serial number"] for _line, fields in token_csv.rows(f"serial,secret\n#1,{HEX}\n# the end\n")]

    assert found == ["#1"]


def test_one_wrong_letter_changes_no_other_row() -> None:
    """The letters of a file are told by most of its secrets, so that a slip does not turn all into base64."""
    rows = [fields for _line, fields in token_csv.rows(f"{ENTRA}" + f"a,1,{B32},,,\n" * 3 + f"a,2,{B32[:-1]}1,,,\n")]

    assert [row["secret key"] == B32 for row in rows] == [True, True, True, False]
    assert "isn’t base32" in rows[3]["refused"]


@pytest.mark.parametrize(
    ("text", "line"),
    [('a,b\n"c,d\ne,f\n', 2), (f"a,b\n{'x' * 200_000},d\n", 2), ('a,b\nc,d\n"e"f,g\n', 3), ("a,b\r\nc,\0\n", 2)],
)
def test_file_that_cannot_be_cut_names_the_line(text: str, line: int) -> None:
    """An unclosed quotation mark swallowed all rows after it; a long cell was an error of the server."""
    with pytest.raises(reading_files_into_rows.UnreadableFile, match=f"Line {line} "):
        list(csv_encoding_and_separators.rows(text))


@pytest.mark.parametrize("raw", ["é,b\n".encode("utf-16"), "é,b\n".encode("utf-8-sig"), "é,b\n".encode()])
def test_unicode_of_every_program_is_read(raw: bytes) -> None:
    assert list(csv_encoding_and_separators.rows(csv_encoding_and_separators.decode(raw))) == [(1, ["é", "b"])]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = 'sep=,\r\na,b\r\n\r\n"c\r\nc",d\r\ne,f\r\n'

    assert [line for line, _cells in csv_encoding_and_separators.rows(text)] == [2, 4, 6]


# Into the stock -------------------------------------------------------------------------------------------------


def test_tokens_without_a_person_go_to_the_stock(root: Person, context: Context) -> None:
    """Makers don't name people. Before the fix, each row was refused."""
    job = bring(f"serial number,secret key\nab-1,{B32}\nab-2,{B32}\n", root.user, context)

    assert (job.n_new, job.faults) == (2, [])
    assert [token.serial for token in hardware_token_stock.search("", "stock")] == ["AB-1", "AB-2"]
    assert not Enrolment.objects.filter(method="token").exists()
    assert bring(f"serial number,secret key\nab-1,{B32}\n", root.user, context).n_same == 1


def test_every_kind_comes_in_as_it_is(root: Person, context: Context) -> None:
    head = "serial number,secret key,type,digits,hash,time interval,counter,start time,ends\n"
    rows = f"A,{B32},HOTP,8,SHA256,,17,,\nB,{B32},TOTP,7,sha512,45,,60,2199-01-01\n"

    job = bring(head + rows, root.user, context)

    assert job.faults == []
    counted, timed = hardware_token_stock.search("", "")
    assert (Scheme.read(counted.data), counted.counter) == (Scheme(is_counted=True, digits=8, hash="sha256"), 16)
    assert Scheme.read(timed.data) == Scheme(digits=7, hash="sha512", step=45, start=60)
    assert timed.ends_at is not None


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("type,OCRA", "OCRA"),
        ("hash,MD5", "MD5"),
        ("hash,SHA384", "SHA384"),
        ("digits,10", "10 digits"),
        ("time interval,5", "10 to 300"),
        ("counter,-1", "out of range"),
        ("counter,99999999999999999999", "out of range"),
        ("start time,99999999999", "start time"),
        ("ends,soon", "isn’t a date"),
        ("upn,nobody", "help anyone with this username"),
        ("ends,0001-01-01", "isn’t a date"),
        ("starts,9999-12-31", "isn’t a date"),
        ("model," + "x" * 100, "64 characters"),
    ],
)
def test_row_that_cannot_come_in_is_named_by_its_serial(cells: str, words: str, root: Person, context: Context) -> None:
    name, value = cells.split(",")

    job = bring(f"serial number,secret key,{name}\nAB-1,{B32},{value}\nAB-2,{B32},\n", root.user, context)

    ((line, reason),) = job.faults
    assert (line, job.n_new) == (2, 1)
    assert reason.startswith("Token AB-1: ")
    assert words in reason


def test_package_goes_through_the_same_door(root: Person, context: Context) -> None:
    raw = (
        b'<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"><KeyPackage><DeviceInfo>'
        b'<SerialNo>X1</SerialNo></DeviceInfo><Key Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp"><Data><Secret>'
        b"<PlainValue>" + B64.encode() + b"</PlainValue></Secret></Data></Key></KeyPackage></KeyContainer>"
    )

    job = bring(reading_files_into_rows.read(raw, "tokens"), root.user, context)

    assert (job.n_new, job.faults) == (1, [])
    assert HardwareToken.objects.get().secret == RAW


# Who gets which -------------------------------------------------------------------------------------------------


def test_file_says_who_gets_which_token(root: Person, context: Context) -> None:
    ana = join("ana")
    bring(f"serial number,secret key\nA,{B32}\nB,{B32}\n", root.user, context)
    text = "serial number;user\na;ana\nB;nobody\nC;ana\nA;ana\n"

    job = bring(text, root.user, context, kind="assign")

    assert job.n_new == 1
    assert [(line, reason.partition(":")[0]) for line, reason in job.faults] == [
        (3, "Token B"),
        (4, "Token C"),
        (5, "Token A"),
    ]
    assert HardwareToken.objects.get(serial="A").enrolment == Enrolment.objects.get(user=ana.user, method="token")
    assert bring("serial number,user\nA,ana\n", root.user, context, kind="assign").n_same == 1


def test_makers_file_hands_out_no_more_than_a_list_of_people_does(root: Person, context: Context) -> None:
    """Seen: it handed tokens whose secret its bringer knew to themselves, to higher ranks and to other desks."""
    fay, sue, ann = hire("fay", "Administrators"), join("sue"), join("ann")
    north, desk = Group.objects.create(name="North"), Group.objects.create(name="North desk")
    Scope.objects.create(desk=desk).people.add(north)
    ann.user.groups.add(north)
    fay.user.groups.add(north, desk)
    names = ("fay", root.user.username, sue.user.username, "ann")
    rows = "".join(f"{name},T-{n},{B32}\n" for n, name in enumerate(names))

    job = bring(f"upn,serial number,secret key\n{rows}", fay.user, context)

    assert [line for line, _words in job.faults] == [2, 3, 4]
    assert ActionRefusal.ONESELF.advice in job.faults[0][1]
    assert list(Enrolment.objects.filter(method="token").values_list("user__username", flat=True)) == ["ann"]


@pytest.mark.parametrize("kind", ["tokens", "assign"])
def test_file_of_a_desk_does_not_tell_who_is_at_another(kind: str, root: Person, context: Context) -> None:
    """Seen failing: someone of another desk was refused in other words than a name or address that nobody has."""
    fay, sue = hire("fay", "Administrators"), join("sue")
    north, desk = Group.objects.create(name="North"), Group.objects.create(name="North desk")
    Scope.objects.create(desk=desk).people.add(north)
    fay.user.groups.add(north, desk)
    join("sue-2", email=sue.user.email)  # an address that several people have
    names = ("nobody", "sue", sue.user.email.upper(), root.user.username)
    bring("serial number,secret key\n" + "".join(f"S-{n},{B32}\n" for n in range(4)), root.user, context)
    rows = "".join(f"{name},{'T' if kind == 'tokens' else 'S'}-{n},{B32}\n" for n, name in enumerate(names))

    job = bring(
        f"{'upn' if kind == 'tokens' else 'user'},serial number,secret key\n{rows}", fay.user, context, kind=kind
    )

    assert len({words.partition(": ")[2] for _line, words in job.faults}) == 1
    assert len(job.faults) == 4


def test_nobody_hands_themselves_a_token_by_a_file(root: Person, context: Context) -> None:
    bring(f"serial number,secret key\nA,{B32}\n", root.user, context)

    job = bring("serial number,user\nA,root\n", root.user, context, kind="assign")

    assert ActionRefusal.ONESELF.advice in job.faults[0][1]
    assert HardwareToken.objects.in_stock().count() == 1
