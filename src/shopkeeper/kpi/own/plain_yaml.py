"""Plain YAML: mappings, lists, texts, numbers, true, false and null by indentation, `[…]` and `{…}` on one line.

Anchors, tags, several documents and texts over several lines are refused, so that a file means what it seems to mean:
`no`, `on` and `012` are texts here, and only `true`, `false` and numbers written plainly are anything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_KEY = re.compile(r"""(?P<key>[A-Za-z_][\w.-]*|'[^']*'|"[^"]*")\s*:(?:\s+|$)""")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?\Z")


class YamlError(ValueError):
    """A line that plain YAML does not have; `line` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        self.line = line
        super().__init__(f"line {line}: {what}")


@dataclass(frozen=True)
class _Line:
    number: int
    indent: int
    text: str


def load_yaml(text: str) -> Any:
    r"""The content of a plain YAML text. Raises YamlError.

    >>> load_yaml("target:\n  - kpi: C4\n    floor: -10%\n    reason: {en: a, zh: b}")
    {'target': [{'kpi': 'C4', 'floor': '-10%', 'reason': {'en': 'a', 'zh': 'b'}}]}
    """
    lines: list[_Line] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        content = _without_remark(raw).rstrip()
        if not content.strip() or (content.strip() == "---" and not lines):
            continue
        lead = content[: len(content) - len(content.lstrip())]
        if "\t" in lead:
            raise YamlError(number, "a tab in the indentation; use blanks")
        lines.append(_Line(number, len(lead), content.strip()))
    if not lines:
        return {}
    found, rest = _block(lines, 0, lines[0].indent)
    if rest < len(lines):
        raise YamlError(lines[rest].number, "this line stands further left or right than its neighbours")
    return found


def _without_remark(raw: str) -> str:
    quote, doubled = "", -1
    for at, sign in enumerate(raw):
        if at == doubled:
            continue
        if quote:
            if sign == quote == "'" and raw[at + 1 : at + 2] == "'":
                doubled = at + 1
            elif sign == quote:
                quote = ""
        elif sign in "'\"" and (at == 0 or raw[at - 1] in " [{,:"):
            quote = sign
        elif sign == "#" and (at == 0 or raw[at - 1] in " \t"):
            return raw[:at]
    return raw


def _block(lines: list[_Line], at: int, indent: int) -> tuple[Any, int]:
    if lines[at].text == "-" or lines[at].text.startswith("- "):
        return _listed(lines, at, indent)
    if _KEY.match(lines[at].text):
        return _mapping(lines, at, indent)
    return _scalar(lines[at].text, lines[at].number), at + 1


def _listed(lines: list[_Line], at: int, indent: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while at < len(lines) and lines[at].indent == indent and (lines[at].text == "-" or lines[at].text.startswith("- ")):
        line = lines[at]
        rest = line.text[1:].lstrip()
        if not rest:
            value, at = _inner(lines, at, indent)
        else:  # what follows the dash stands where a mapping of its own would begin
            lines[at] = _Line(line.number, indent + len(line.text) - len(rest), rest)
            value, at = _block(lines, at, lines[at].indent)
        found.append(value)
    return found, at


def _mapping(lines: list[_Line], at: int, indent: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while at < len(lines) and lines[at].indent == indent:
        line = lines[at]
        match = _KEY.match(line.text)
        if match is None:
            raise YamlError(line.number, f"a key and a colon are expected, not {line.text[:40]!r}")
        key = match["key"].strip("'\"")
        if key in found:
            raise YamlError(line.number, f"the key {key} stands here twice")
        rest = line.text[match.end() :].strip()
        if rest:
            found[key], at = _scalar(rest, line.number), at + 1
        else:
            found[key], at = _inner(lines, at, indent, dash_level=True)
    return found, at


def _inner(lines: list[_Line], at: int, indent: int, *, dash_level: bool = False) -> tuple[Any, int]:
    """What stands under a key or a lone dash; nothing is null. A list may stand as far left as its key."""
    below = at + 1
    if below < len(lines):
        deeper = lines[below].indent > indent
        if deeper or (dash_level and lines[below].indent == indent and lines[below].text.startswith("- ")):
            return _block(lines, below, lines[below].indent)
    return None, below


def _scalar(text: str, number: int) -> Any:
    if text[0] in "&*!|>%@`":
        raise YamlError(number, f"{text[0]} is not part of plain YAML; put the text in quotes, on one line")
    value, rest = _flow(text, number)
    if rest.strip():
        raise YamlError(number, f"nothing is expected after {text[: len(text) - len(rest)]!r}")
    return value


def _flow(text: str, number: int, ends: str = "") -> tuple[Any, str]:
    text = text.lstrip()
    if text[:1] == "[":
        return _flow_list(text, number)
    if text[:1] == "{":
        return _flow_mapping(text, number)
    if text[:1] in ("'", '"'):
        return _quoted(text, number)
    end = next((at for at, sign in enumerate(text) if sign in ends), len(text))
    return _plain(text[:end].strip()), text[end:]


def _flow_list(text: str, number: int) -> tuple[list[Any], str]:
    found: list[Any] = []
    rest = text[1:].lstrip()
    while rest[:1] != "]":
        value, rest = _flow(rest, number, ",]")
        found.append(value)
        rest = _after(rest, "]", number)
    return found, rest[1:]


def _flow_mapping(text: str, number: int) -> tuple[dict[str, Any], str]:
    found: dict[str, Any] = {}
    rest = text[1:].lstrip()
    while rest[:1] != "}":
        match = _KEY.match(rest)
        if match is None:
            raise YamlError(number, f"a key and a colon are expected, not {rest[:40]!r}")
        value, rest = _flow(rest[match.end() :], number, ",}")
        found[match["key"].strip("'\"")] = value
        rest = _after(rest, "}", number)
    return found, rest[1:]


def _after(rest: str, end: str, number: int) -> str:
    rest = rest.lstrip()
    if rest[:1] == ",":
        return rest[1:].lstrip()
    if rest[:1] != end:
        raise YamlError(number, f"a comma or {end} is expected, not {rest[:40]!r}")
    return rest


def _quoted(text: str, number: int) -> tuple[str, str]:
    quote, at, found = text[0], 1, ""
    while at < len(text):
        if text[at] == "\\" and quote == '"' and text[at + 1 : at + 2] in ('"', "\\"):
            found, at = found + text[at + 1], at + 2
        elif text[at] == quote and quote == "'" and text[at + 1 : at + 2] == "'":
            found, at = found + "'", at + 2
        elif text[at] == quote:
            return found, text[at + 1 :]
        else:
            found, at = found + text[at], at + 1
    raise YamlError(number, "a quote is not closed")


def _plain(text: str) -> Any:
    if text in ("null", "~", ""):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.match(text):
        return float(text) if "." in text else int(text)
    return text
