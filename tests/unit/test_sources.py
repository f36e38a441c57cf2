from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from annotated_types import Ge, Gt, Le, MinLen

from netwatch.errors import Fault, InputError, Place
from netwatch.sources import (
    Faults,
    Suggester,
    counted,
    file_lines,
    hidden_character,
    one_of,
    parse_yaml,
    quoted,
    read_text,
    read_yaml,
    validate,
)


def faults_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "x.yaml")
    return [str(fault) for fault in caught.value.faults]


# Values and places


def test_plain_scalars_stay_what_was_written():
    node = parse_yaml("a: 07700900123\nb: NO\nc: 00123\nd: 1e3\ne: 12:30\nf: true\ng: 'null'\n", "x.yaml")
    assert node.plain() == {
        "a": "07700900123", "b": "NO", "c": "00123", "d": "1e3", "e": "12:30", "f": "true", "g": "null",
    }  # fmt: skip


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_none(written):
    assert parse_yaml(f"a: {written}\nb: [x]\n", "x.yaml").plain()["a"] is None


def test_every_value_knows_its_line_column_and_path():
    node = parse_yaml("devices:\n  - id: a\n  - {id: b, role: cpe}\n", "x.yaml")
    role = next(one for one in node.walk() if one.value == "cpe")
    assert role.place == Place("x.yaml", 3, 19, "devices[1].role")
    assert role.key_place == Place("x.yaml", 3, 13, "devices[1].role")
    assert role.location(node) == ("devices", 1, "role")
    assert role.parent is not None
    assert role.parent.place_of("site") == Place("x.yaml", 3, 5, "devices[1].site")


def test_columns_count_characters_and_not_bytes():
    node = parse_yaml('a: {"café 💥": x}\n', "x.yaml")
    assert next(one for one in node.walk() if one.value == "x").column == 15


# What YAML may not hold


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3:1", 'the key "a" stands twice'),
        ("a: &x 1\nb: *x\n", "x.yaml:2:4", "aliases"),
        ("a: &x [*x]\n", "x.yaml:1:8", "aliases"),
        ("a: !!int 5\n", "x.yaml:1:4", "tags"),
        ("a: !thing {b: c}\n", "x.yaml:1:4", "tags"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2:1", "second document"),
        ("? [a]\n: b\n", "x.yaml:1:3", "a key must be a word"),
        ("{a: b}: {c: d}\n", "x.yaml:1:1", "a key must be a word"),
        ("~: x\n", "x.yaml:1:1", "a key must be a word"),
        ('a: "\\u202e"\n', "x.yaml:1:4", "invisible character U+202E"),
        ('a: "x\\ry"\n', "x.yaml:1:4", "invisible character U+000D"),
        ("- a\n", "x.yaml:1:1", "expected a block of keys"),
        ("a\n", "x.yaml:1:1", "expected a block of keys"),
        ("", "x.yaml", "the file is empty"),
        ("# only this\n", "x.yaml", "the file is empty"),
        ("a: [1\nb: 2\n", "x.yaml:2:2", "the list is not closed (begun on line 1)"),
        ("a: {b: 1\n", "x.yaml:2:1", "the block is not closed"),
        ("a: 'x\n", "x.yaml:2:1", "the file ends in the middle"),
        ("a:\n\tb: 1\n", "x.yaml:2:1", "a tab stands here"),
        ("a: b: c\n", "x.yaml:1:5", 'a ":" stands where no key can stand'),
        ("a: @b\n", "x.yaml:1:4", "can't begin a value"),
        ("a:\n  b: 1\n c: 2\n", "x.yaml:3:2", "a key was expected here"),
        ("a: " + "[" * 50, "x.yaml:1:43", "nested deeper"),
    ],
)
def test_what_is_wrong_in_yaml_is_told_with_its_place(text, place, what):
    (told,) = faults_of(text)
    assert told.startswith(f"{place}: ")
    assert what in told


def test_all_refusals_of_a_file_are_told_together():
    assert len(faults_of("a: &x 1\nb: *x\nc: !!int 5\nb: 2\n? [k]\n: v\n")) == 4


def test_an_alias_bomb_is_refused_without_being_built():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
    )
    assert all("aliases" in told for told in faults_of(bomb))


# Files


def test_a_missing_file_suggests_the_name_that_was_meant(tmp_path):
    (tmp_path / "network.yaml").write_text("a: 1\n")
    with pytest.raises(InputError, match=r'does not exist; create it, or mend its name. Did you mean "network.yaml"\?'):
        read_yaml(tmp_path / "netwrok.yaml")


def test_a_file_named_in_a_setting_is_faulted_at_the_setting(tmp_path):
    with pytest.raises(InputError) as caught:
        read_yaml(tmp_path / "none.yaml", named_at=Place("netwatch.yaml", 3, 11, "playbook"))
    assert str(caught.value.faults[0]).startswith("netwatch.yaml:3:11: playbook: the file ")


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(InputError, match="not a regular file"):
        read_yaml(tmp_path / "pipe.yaml")


def test_a_device_is_refused_at_once():
    with pytest.raises(InputError, match="not a regular file"):
        read_text(Path("/dev/zero"), limit_bytes=1000)


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a directory"):
        read_yaml(tmp_path)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    with (tmp_path / "large.yaml").open("wb") as file:
        file.truncate(65_000_000)
    with pytest.raises(InputError, match=r"is too large \(65 MB\)"):
        read_yaml(tmp_path / "large.yaml")


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_a_name_that_can_be_no_file_is_one_line(name):
    with pytest.raises(InputError):
        read_text(Path(name), limit_bytes=1000)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("a: café\n".encode("latin-1"), ":1:7: the byte 0xE9 is not UTF-8"),
        ("a: 1\n".encode("utf-16"), "the file is UTF-16"),
        ("a: 1\nb: x\u200ey\n".encode(), ":2:5: the invisible character U+200E"),
        (b"a: 1\nb: \x1b[31m\n", ":2:4: the invisible character U+001B"),
    ],
)
def test_wrong_characters_are_told_with_their_place(tmp_path, raw, told):
    (tmp_path / "x").write_bytes(raw)
    with pytest.raises(InputError, match=re.escape(told)):
        read_text(tmp_path / "x", limit_bytes=1000)
    if "byte" in told or "UTF-16" in told:
        with pytest.raises(InputError, match=re.escape(told)):
            list(file_lines(tmp_path / "x", limit_bytes=1000))


def test_a_byte_order_mark_at_the_start_is_no_fault(tmp_path):
    (tmp_path / "x").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_text(tmp_path / "x", limit_bytes=100) == "a: 1\n"
    assert list(file_lines(tmp_path / "x", limit_bytes=100)) == ["a: 1\n"]


# Words for people


def test_the_nearest_word_is_suggested():
    assert Suggester(["core", "access"]).nearest("acess") == "access"
    assert Suggester(["core", "access"]).nearest("CORE") == "core"
    assert Suggester(["core", "access"]).nearest("xyz") is None
    assert Suggester([]).nearest("core") is None
    assert one_of(["nl", "pl"], "nll") == 'use one of nl, pl. Did you mean "nl"?'


def test_among_many_ids_one_slip_is_found():
    many = Suggester(f"dev-{number:05}" for number in range(20_000))
    for slip in ("dev-0001", "dev-000177", "dev-00O17", "dve-00017", "DEV-00017"):
        assert many.nearest(slip) is not None
    assert many.nearest("something else") is None


def test_quoted_text_shows_what_can_not_be_seen_and_stays_short():
    assert quoted("a\r\nb\u202e") == '"a\\r\\nb\\u202e"'
    assert len(quoted("x" * 1000)) == 62
    assert quoted(None) == "nothing"
    assert counted(1, "fault") == "1 fault"
    assert counted(0, "fault") == "0 faults"


def test_hidden_characters_are_named():
    assert hidden_character("plain text, żółć 💥") is None
    assert hidden_character("a\tb") == "U+0009"
    assert hidden_character("a\tb\n", lines=True) is None
    assert hidden_character("a\rb", lines=True) == "U+000D"
    assert hidden_character("a\x85b") == "U+0085"


def test_thousands_of_faults_are_counted_but_not_all_listed():
    faults = Faults(limit=10)
    for line in range(1, 1001):
        faults.add(Place("x.csv", line), "wrong", "mend it")
    faults.add(Place("y.csv", 1), "wrong", "mend it")
    assert len(faults) == 1001
    told = [str(fault) for fault in faults.all()]
    assert len(told) == 12
    assert "x.csv: 990 more faults in this file; mend these first and check again" in told


def test_collecting_goes_on_after_a_fault():
    faults = Faults()
    with faults.collecting():
        raise InputError([Fault(Place("x"), "wrong", "")])
    assert len(faults) == 1
    with pytest.raises(InputError):
        faults.raise_any()


# Typed values


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True)
class Inner:
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    name: Annotated[str, MinLen(1)]
    ratio: Annotated[float, Ge(0), Le(1)] = 0.5
    colour: Colour = Colour.RED

    def __post_init__(self) -> None:
        if self.name == "both":
            raise ValueError("both are given; keep one of the two")


@dataclass(frozen=True)
class Outer:
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    count: Annotated[int, Gt(0)] = 1
    on: bool = True
    kind: Literal["a", "b"] = "a"
    phone: str = ""
    limit: float | None = None
    inner: tuple[Inner, ...] = ()
    named: Mapping[str, Inner] = field(default_factory=dict)


def told_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        validate(parse_yaml(text, "x.yaml"), Outer)
    return [str(fault) for fault in caught.value.faults]


def test_a_right_file_becomes_its_dataclass():
    text = "count: 3\non: no\nkind: b\nphone: 07700900123\nlimit: null\ninner: [{name: 00123, colour: green}]\n"
    value = validate(parse_yaml(text, "x.yaml"), Outer)
    assert value == Outer(3, on=False, kind="b", phone="07700900123", inner=(Inner("00123", 0.5, Colour.GREEN),))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("count: x", 'x.yaml:1:8: count: expected a whole number, found "x"; write digits only'),
        ("count: 0", "x.yaml:1:8: count: 0 is out of range; it must be more than 0"),
        ("on: maybe", 'x.yaml:1:5: on: expected true or false, found "maybe"; write true or false'),
        ("kind: c", 'x.yaml:1:7: kind: unknown value "c"; use one of a, b'),
        ("count: [1]", "x.yaml:1:8: count: expected a whole number, found a list; write digits only"),
        ("count:", "x.yaml:1:7: count: there is no value; give one, or remove the key to get the default"),
        ("limit: inf", 'x.yaml:1:8: limit: expected a number, found "inf"; write digits, as in 10 or 0.5'),
        ("inner: x", 'x.yaml:1:8: inner: expected a list, found "x"; put it in brackets, as in [one, two],'),
        ("inner: [x]", 'x.yaml:1:9: inner[0]: expected a block of keys, found "x"; write'),
        ("inner: [{}]", 'x.yaml:1:9: inner[0].name: the key "name" is missing; add "name: ..."'),
        ("inner: [{name: ''}]", "x.yaml:1:16: inner[0].name: there is no value; give at least one"),
        ("inner: [{name: both}]", "x.yaml:1:9: inner[0]: both are given; keep one of the two"),
        ("named: {a: {name: b, ratio: 2}}", "x.yaml:1:29: named.a.ratio: 2 is out of range; it must be at most 1"),
        (
            "named: {a: {nmae: b}}",
            'x.yaml:1:13: named.a.nmae: unknown key "nmae"; known here: name, ratio, colour. Did',
        ),
        ("conut: 1", 'x.yaml:1:1: conut: unknown key "conut"; known here: count, on, kind, phone, limit, inner, named'),
        (
            "inner: [{name: b, colour: rde}]",
            'inner[0].colour: unknown value "rde"; use one of red, green. Did you mean',
        ),
        ('phone: "a\\nb"', "x.yaml:1:8: phone: the invisible character U+000A is not allowed; remove it"),
    ],
)
def test_a_wrong_value_is_told_in_our_form(text, told):
    assert any(told in one for one in told_of(text))


def test_all_wrong_values_are_told_at_once_in_the_order_of_the_file():
    told = told_of("count: x\non: maybe\ncolour: red\nlimit: nan\ninner: [{name: a, ratio: 9}]\n")
    assert [one.split(":")[1] for one in told] == ["1", "2", "3", "4", "5"]


def test_a_text_that_reads_inf_is_a_text_where_texts_stand():
    assert validate(parse_yaml("phone: inf\n", "x.yaml"), Outer).phone == "inf"


def test_line_breaks_are_allowed_only_on_demand():
    node = parse_yaml("phone: |\n  one\n  two\n", "x.yaml")
    assert validate(node, Outer, lines=True).phone == "one\ntwo\n"
    with pytest.raises(InputError):
        validate(node, Outer)
