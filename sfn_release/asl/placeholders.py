"""Placeholders, ``${...}``: a parameter, a workflow, a literal, or one that can't be filled.

``${Pause}``, ``${_x.y::z}`` and ``${AWS::Region}`` are parameters. ``${workflow:shipping}`` is the
ARN of another workflow. ``$${`` is the literal ``${``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.errors import DefinitionError
from sfn_release.names import NOT_IN_NAME

_NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:(?:\.|::)[A-Za-z0-9_]+)*"
_WORKFLOW = rf"workflow:[^{NOT_IN_NAME}]+"
REFERRED: Final = f"{_NAME}|{_WORKFLOW}"
"""The pattern of the text between the braces."""
NAME: Final = re.compile(_NAME)
REFERENCE: Final = re.compile(rf"(?P<escape>\$\$\{{)|\$\{{(?P<name>{REFERRED})\}}|(?P<other>\$\{{)")
WORKFLOW: Final = "workflow:"
A_PARAMETER: Final = (
    "Use letters, digits, _, . or ::, starting with a letter or _."
    " For a workflow, write ${workflow:NAME}."
)
_SHOWN = 40  # characters of text after a ${ that is never closed


class Typed(str):
    """The text ``${Name}``, whose value is looked up later but has a known *type*."""

    __slots__ = ("type",)
    type: str


class Parameter(str):
    """``${Name}`` as the whole value of a field, made by `parameter`."""

    __slots__ = ()


def parameter(name: str) -> Parameter:
    """Return a parameter of the environment, for a field of any type.

    If you give it a number in releases.toml, the field becomes that number. Raises
    DefinitionError for an invalid name.

    >>> parameter("Pause")
    '${Pause}'
    """
    text = Parameter(f"${{{name}}}")
    if alone(text) != name:
        raise DefinitionError(f"{name!r} is not a valid parameter name.", fix=A_PARAMETER)
    return text


def typed(text: str, type: str) -> Typed:
    """Return the placeholder *text* with the *type* of the value that will replace it."""
    marked = Typed(text)
    marked.type = type
    return marked


def alone(text: str) -> str | None:
    """Return the name of a placeholder that is the whole *text*, None for other text.

    >>> alone("${Pause}"), alone("${Pause}s")
    ('Pause', None)
    """
    match = REFERENCE.match(text)
    return match["name"] if match and match.end() == len(text) else None


def literal(text: str) -> str:
    """Return *text* escaped, so that filling placeholders doesn't change it.

    >>> literal("${Table}")
    '$${Table}'
    """
    return text.replace("${", "$${")


def as_filled(text: str) -> tuple[str, ...]:
    """Return samples of *text* with filled placeholders.

    >>> as_filled("$x = ${Pause}")
    ('$x = x', '$x = 1', '$x = +', '$x = ')
    """
    if "${" not in text:
        return (text,)

    def filled(sample: str) -> str:
        return REFERENCE.sub(lambda found: sample if found["name"] else "${", text)

    return tuple(map(filled, ("x", "1", "+", "")))


_UNQUOTED = re.compile(rf'("(?:[^"\\]|\\.)*")|(\$\{{(?:{REFERRED})\}})')


def quoted(text: str) -> str:
    """Return JSON text with quotes around placeholders that stand alone as values.

    CloudFormation's substitution files have them. In JSON, ``$`` is never valid outside strings.
    Line numbers stay the same.

    >>> quoted('{"Seconds": ${Pause}, "Comment": "${Name}"}')
    '{"Seconds": "${Pause}", "Comment": "${Name}"}'
    """
    if "${" not in text:
        return text
    return _UNQUOTED.sub(lambda found: found[1] or f'"{found[2]}"', text)


def references_in(value: Any) -> frozenset[str]:
    """Return the names of all placeholders in a JSON *value*, keys included."""
    found: set[str] = set()
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            found.update(match["name"] for match in REFERENCE.finditer(item) if match["name"])
        elif isinstance(item, Mapping):
            rest.extend(item.keys())
            rest.extend(item.values())
        elif isinstance(item, list | tuple):
            rest.extend(item)
    return frozenset(found)


def no_parameters(text: str) -> Iterator[str]:
    """Yield each ``${…}`` of *text* that can't be filled: an invalid name, or a missing brace.

    In a JSONata expression (``{% … %}``) ``${"a": 1}`` has another meaning.
    """
    if text.startswith("{%") and text.rstrip().endswith("%}"):
        return
    end = -2  # the place of the next "}", found once for all placeholders before it; -1: none
    for match in REFERENCE.finditer(text):
        if match["other"]:
            start = match.start()
            end = text.find("}", start) if end != -1 and end < start else end
            following = text.find("${", start + 2, end if end != -1 else start + 2 + _SHOWN)
            if end != -1 and following == -1:
                yield text[start : end + 1]
            else:
                rest = text[start : following if following != -1 else start + _SHOWN + 1]
                yield rest if len(rest) <= _SHOWN else rest[: _SHOWN - 1] + "…"
