"""`config/netwatch.yaml`: every key with its meaning and default, made from the settings themselves.

Lines that begin with "#" right before a key or an entry hold a default or an example and may be uncommented;
lines that begin with "# " explain.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from netwatch.config.reference import block_of, schema

_WIDTH: Final = 112
_EXPLAINS: Final = re.compile(r" *# \S")
_FIRST_LINES: Final = """\
# netwatch: every key, its meaning and its default. Only `inventory` is needed.
# Keys behind "#" show their default, or an example where there is none. Relative paths start at this file's directory.
# `netwatch check -c netwatch.yaml` tells what is wrong, and whether the settings keep the 180 seconds."""
#: What the reference shows in use.
_LIVE: Final[Mapping[str, Any]] = {
    "inventory": ["network.yaml", "customers.csv"],
    "snmp.profiles": {"default": {"version": "2c"}},
    "communication.company": "Example Net",
    "communication.page_url": "https://status.example.net/",
    "channels.email.sender": "noc@example.net",
    "channels.email.routes": [{"host": "127.0.0.1"}, {"host": "192.0.2.25"}],
    "people": [
        {"id": "anna", "name": "Anna Example", "email": "anna@example.net", "duties": ["oncall", "lead"]},
        {"id": "piotr", "name": "Piotr Example", "email": "piotr@example.net", "duties": ["helpdesk"]},
    ],
}
#: Examples that stay behind "#".
_EXAMPLES: Final[Mapping[str, Any]] = {
    "communication.quiet_hours": [{"begins": "22:00", "ends": "07:00"}],
    "channels.delivery.canaries": [{"channel": "email", "address": "noc@example.net"}],
    "channels.sms.routes": [{"api": "own", "sender": "ExampleNet"}],
    "channels.sms.smpp": [{"host": "smsc.example.net", "sender": "ExampleNet"}],
    "channels.sms.apis": {"own": {"url": "https://sms.example.net/send", "auth": "none"}},
    "channels.webhook.routes": [{"url": "https://oncall.example.net/netwatch"}],
    "channels.alertmanager.routes": [{"url": "http://alertmanager.example.net:9093"}],
    "channels.pagerduty.routes": [{"key_file": "/run/credentials/netwatch.service/secret_pagerduty"}],
    "channels.mastodon.routes": [
        {"url": "https://mastodon.example", "token_file": "/run/credentials/netwatch.service/secret_mastodon"}
    ],
    "channels.facebook.routes": [
        {"page_id": "1234567890", "token_file": "/run/credentials/netwatch.service/secret_facebook"}
    ],
    "web.page_copies.ssh": [
        {
            "host": "status2.example.net",
            "directory": "/srv/www/status",
            "user": "page",
            "key_file": "/run/credentials/netwatch.service/secret_page",
        }
    ],
    "web.page_copies.s3": [
        {
            "endpoint": "https://s3.example.net",
            "bucket": "status-example",
            "access_key_id": "EXAMPLEKEY",
            "secret_key_file": "/run/credentials/netwatch.service/secret_s3",
        }
    ],
    "channels.apprise.routes": [{"url_file": "/run/credentials/netwatch.service/secret_apprise"}],
}


def example() -> str:
    """The whole file."""
    root = schema()
    return "\n".join([_FIRST_LINES, *_block(root, root, "", ""), ""])


def uncommented(text: str) -> str:
    """The same file with every default and example in use."""
    return "\n".join(_uncommented(line) for line in text.splitlines()) + "\n"


def _uncommented(line: str) -> str:
    # An example's own defaults stand behind two "#".
    while line.lstrip(" ").startswith("#") and not _EXPLAINS.match(line):
        line = line.replace("#", "", 1)
    return line


def _block(root: Mapping[str, Any], block: Mapping[str, Any], path: str, indent: str) -> Iterator[str]:
    for key, told in block["properties"].items():
        inner = f"{path}.{key}" if path else key
        if not path:
            yield ""
        yield from _comment(told.get("description") or block_of(root, told).get("description", ""), indent)
        yield from (indent + line for line in _key(root, key, told, inner))


def _key(root: Mapping[str, Any], key: str, told: Mapping[str, Any], path: str) -> Iterator[str]:
    """The lines of one key, not indented."""
    inner = block_of(root, told)
    if path in _LIVE:
        yield from _valued(root, key, told, path, _LIVE[path])
    elif path in _EXAMPLES:
        yield from ("#" + line for line in _valued(root, key, told, path, _EXAMPLES[path]))
    elif "properties" in inner:
        yield f"{key}:"
        yield from _block(root, inner, path, "  ")
    else:
        yield f"#{key}: {_scalar(told.get('default', {} if 'additionalProperties' in told else None))}"


def _valued(root: Mapping[str, Any], key: str, told: Mapping[str, Any], path: str, value: Any) -> Iterator[str]:
    entries = block_of(root, told.get("items", {}))
    named = block_of(root, told.get("additionalProperties", {}) or {})
    if isinstance(value, list) and "properties" in entries:
        yield f"{key}:"
        for number, entry in enumerate(value):
            lines = list(_entry(root, entries, path, entry, explain=number == 0))
            yield from (("  - " if place == 0 else "    ") + line for place, line in enumerate(lines))
    elif isinstance(value, Mapping) and "properties" in named:
        yield f"{key}:"
        for name, entry in value.items():
            yield f"  {name}:"
            yield from ("    " + line for line in _entry(root, named, path, entry, explain=True))
    else:
        yield f"{key}: {_scalar(value)}"


def _entry(
    root: Mapping[str, Any], block: Mapping[str, Any], path: str, entry: Mapping[str, Any], *, explain: bool
) -> Iterator[str]:
    """One entry of a list or mapping of blocks: the keys in use first, then the others behind "#"."""
    properties: Mapping[str, Any] = block["properties"]
    for key, value in entry.items():
        yield f"{key}: {_scalar(value)}"
    for key, told in properties.items():
        if explain and key not in entry:
            yield from _comment(told.get("description", ""), "")
            yield from _key(root, key, told, f"{path}[].{key}")
    if explain:
        told_here = [f"{key}: {_one_line(properties[key].get('description', ''))}" for key in entry]
        yield from _comment("Above: " + " ".join(told_here), "")


def _comment(text: str, indent: str) -> list[str]:
    lines = textwrap.wrap(_one_line(text), _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
    return [f"{indent}# {line}" for line in lines]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_scalar(entry)}' for key, entry in value.items())}}}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_scalar(entry) for entry in value)}]"
    text = str(value)
    plain = text and all(character.isalnum() or character in "-_./@" for character in text)
    return text if plain else f'"{text}"'
