"""Whatever stands in the operator's files: a report, never a library's exception."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch import config
from netwatch.errors import InputError, NetwatchError
from netwatch.inventory import load
from netwatch.sources import Node, parse_yaml

CONFIG = Path(__file__).parents[3] / "config"
FILES = {name: (CONFIG / name).read_bytes() for name in ("netwatch.yaml", "network.yaml", "customers.csv")}
#: What breaks parsers: YAML's indicators, its types, CSV's quotes, hidden characters, huge and odd numbers.
FRAGMENTS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\t", b"\n", b'"', b"'", b"{", b"}", b"[", b"]", b": ", b"- ", b"? ",
    b"&a ", b"*a", b"!!python/object:os.system ", b"<<: ", b"---\n", b"...\n", b"%TAG ! x\n", b"|\n", b">\n", b"@", b"`",
    b"null", b"~", b"nan", b"-inf", b"1e999", b"0x1f", b"1_0", b"9" * 5000, "\u202e".encode(), "\u2028".encode(),
    "é".encode("latin-1"), b"\xf0\x9f\x92\xa5", b"a" * 200_000, b",", b";", b"\\", b'"\\x00"', b"2026-13-45T99:99:99Z",
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """The file with some slices removed, doubled, moved or replaced by fragments."""
    content = bytearray(original)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from((0, 1, 2, 8, 40, 400))))
        kept = bytes(content[start:end])
        content[start:end] = draw(
            st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=12), st.just(b""), st.just(kept * 2))
        )
    return bytes(content)


@st.composite
def folders(draw: st.DrawFn) -> dict[str, bytes]:
    """The sample with one to three of its files mutated."""
    wrong = draw(st.sets(st.sampled_from(sorted(FILES)), min_size=1))
    return {name: draw(mutated(content)) if name in wrong else content for name, content in FILES.items()}


@settings(max_examples=100, deadline=None)
@given(folders())
def test_a_damaged_configuration_is_reported_and_nothing_else_escapes(files):
    with tempfile.TemporaryDirectory() as name:
        for file, content in files.items():
            (Path(name) / file).write_bytes(content)
        report = config.check(Path(name) / "netwatch.yaml")
        assert report.text().endswith("\n")
        with suppress(NetwatchError):
            config.load(Path(name) / "netwatch.yaml").load_inventory(lenient=True)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)), st.sampled_from((".yaml", ".csv")))
def test_any_bytes_are_an_inventory_or_an_input_error(content, suffix):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / f"any{suffix}"
        path.write_bytes(content)
        with suppress(InputError):
            load([path])


scalars = st.one_of(st.none(), st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12))
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=6), inner),
    ),
    max_leaves=20,
)


def as_yaml(tree: object) -> str:
    """Flow YAML, everything quoted."""
    if tree is None:
        return "~"
    if isinstance(tree, str):
        return "'" + tree.replace("'", "''") + "'"
    if isinstance(tree, list):
        return "[" + ", ".join(as_yaml(entry) for entry in tree) + "]"
    assert isinstance(tree, dict)
    return "{" + ", ".join(f"'{key}': {as_yaml(value)}" for key, value in tree.items()) + "}"


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.just("top"), trees, min_size=1))
def test_yaml_gives_back_what_was_written(tree):
    node = parse_yaml(as_yaml(tree), "any.yaml")
    assert node.plain() == tree
    for one in node.walk():
        assert isinstance(one, Node)
        assert one.line >= 1
        assert one.column >= 1


@given(st.sampled_from(["07700900123", "NO", "yes", "00123", "1e3", "0x10", "12:30", "2026-12-01", "1_000", "=", ".5"]))
def test_plain_values_stay_what_was_written(written):
    assert parse_yaml(f"a: {written}\nb: [{written}]\n", "any.yaml").plain() == {"a": written, "b": [written]}
