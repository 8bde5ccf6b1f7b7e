"""Says where a path leaves the data: the last member that is there. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.text import did_you_mean, excerpt

_PATH = re.compile(
    r"(?:JSONPath|path|argument for the field) '(?P<quoted>\$[^']*)'"
    r"|(?:reference an input value:|format string:|integer:) (?P<bare>\$\S*)"
)
_QUOTED = re.compile(r"could not be found in the input '(?P<data>.*)'", re.DOTALL)
_STEP = re.compile(
    r"\.(?P<name>[A-Za-z_][\w-]*)|\[(?P<index>\d+)\]|\[(?P<q>['\"])(?P<key>.*?)(?P=q)\]"
)
_MEMBERS = 12  # names of an object to list
_LONGEST = 300  # characters of data


def missing_path(cause: str, input: str | None, result: str | None) -> Iterator[str]:
    """Yield sentences about the path that *cause* names, in the data at that point.

    *input* and *result* are the state's, as JSON texts. The words of the causes are AWS's.
    """
    found = _PATH.search(cause)
    if found is None:
        if input is not None:
            yield f"The state's input was {excerpt(input, _LONGEST)}"
        return
    path = found["quoted"] or found["bare"]
    if path.startswith("$$"):
        yield f"{path} reads the context object. Look whether this execution has that member."
        return
    of_result = _reads_result(cause, input, result)
    data = result if of_result else input
    if data is None:
        return
    yield f"The {'result' if of_result else 'input'} of the state was {excerpt(data, _LONGEST)}"
    value = _parsed(data)
    if value is not ...:
        yield from _followed(path, value)


def _reads_result(cause: str, input: str | None, result: str | None) -> bool:
    """Whether a path reads the result, as a ResultSelector's does.

    The cause names the member and not the selector, but it quotes the data.
    """
    found = _QUOTED.search(cause)
    quoted = _parsed(found["data"]) if found else ...
    return quoted is not ... and quoted == _parsed(result) and quoted != _parsed(input)


def _parsed(text: str | None) -> Any:
    """Return the value of JSON text; ``...`` for anything else."""
    try:
        return ... if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return ...


def _followed(path: str, value: Any) -> Iterator[str]:
    """Follow *path* as long as it is plain, and describe the place where it ends."""
    at, position = "$", 1
    while found := _STEP.match(path, position):
        key: Any = found["name"] or found["key"]
        if found["index"] is not None:
            key = int(found["index"])
            if not isinstance(value, list) or key >= len(value):
                yield _lacks(at, value, f"[{key}]")
                return
        elif not isinstance(value, Mapping) or key not in value:
            yield _lacks(at, value, str(key))
            return
        value = value[key]
        at, position = path[: found.end()], found.end()
    if position == len(path):
        kind = json.dumps(value, ensure_ascii=False)
        yield f"There, {path} is {excerpt(kind, _LONGEST)}"


def _lacks(at: str, value: Any, wanted: str) -> str:
    match value:
        case dict():
            names = ", ".join([*value][:_MEMBERS]) + (", …" if len(value) > _MEMBERS else "")
            near = did_you_mean(wanted, value)
            has = f"the members {names}" if value else "no members"
            return f"There, {at} has {has}, and not {wanted}. {near}".rstrip()
        case list():
            return f"There, {at} is a list of {len(value)}, and {wanted} isn't in it."
        case _:
            return f"There, {at} is {excerpt(json.dumps(value, ensure_ascii=False), _LONGEST)}."
