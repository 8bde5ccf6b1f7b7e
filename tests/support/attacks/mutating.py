"""Inputs that went wrong: real ones, changed by a seed, as texts, as bytes or as JSON values."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

_TEXTS = (
    *(
        "",
        " ",
        "\x00",
        "\n",
        "\x1b[31m",
        "\u202e",
        "\ufeff",
        "é",
        "\U0001f600",
        "\\",
        "/",
        "..",
        ".",
    ),
    *(
        "../../x",
        "-",
        "--force",
        "$",
        "$.",
        "$.a",
        "$..",
        "$$.x",
        "${",
        "${x}",
        "{%",
        "{% 1 %}",
        "%}",
    ),
    *("States.Format('{}', $.a)", "States.ArrayRange(1, 9, 0)", "[?(@.a =~ /x/)]", "arn:aws:", ":"),
    *(
        "arn:aws:states:us-east-1:000000000000:stateMachine:hello:9223372036854775808",
        "true",
        "null",
    ),
    *(
        "1e400",
        "-0",
        "NaN",
        "9" * 5000,
        "0x" + "f" * 3000,
        "n" * 300,
        "1.0.0",
        "v1.0.0-rc.01",
        "1.0",
    ),
    *("sha256:" + "0" * 64, "c" * 40, "refs/heads/x", "2030-01-01T00:00:00Z", "0000-00-00", "<b>"),
    *(
        "[" * 3000,
        '{"a":' * 3000,
        "(" * 500,
        "((a+)+)+b",
        "a" * 20_000,
        "&a [*a]",
        "!!python/x",
        "'",
    ),
    *(
        '"',
        '"""',
        "'''",
        "#",
        "=",
        "[[",
        "]]",
        "{",
        "}",
        "[",
        "]",
        ",",
        ";",
        "|",
        ">",
        "*",
        "?",
        "%",
    ),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, -(2**64), 10**40, 0.1, -0.0, 1e308, 1e-320),
    *([], {}, [[]], {"": ""}, [None] * 300, {"a": {"a": {"a": {}}}}, {"Type": "Pass", "End": True}),
    *({"Type": "Wait", "Seconds": 99999999}, {"Type": "Map"}, {"a.$": "$.a"}, {"a": "{% a %}"}),
)


def _nested(depth: int, runtime: Callable[[Any], Any]) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = runtime(value)
    return value


class Mutator:
    """Changes inputs; the same *seed* changes them in the same way."""

    def __init__(self, seed: object) -> None:
        self._random = random.Random(ascii(seed))  # noqa: S311 - no secret

    def text(self, samples: Sequence[str]) -> str:
        """Return one of the samples, changed in a few places, as a JSON value where possible."""
        sample = self._random.choice(samples)
        if self._random.random() < 0.6:
            try:
                value = json.loads(sample)
            except ValueError:
                pass
            else:
                if isinstance(value, dict | list):
                    return json.dumps(self.value([value]))
        for _ in range(self._random.choice((1, 1, 1, 2, 3, 8))):
            sample = self._changed_text(sample, samples)
        return sample

    def bytes(self, samples: Sequence[str]) -> bytes:
        """Return one of the samples as bytes, which may not be UTF-8."""
        content = self.text(samples).encode("utf-8", "surrogatepass")
        if self._random.random() < 0.15:
            at = self._random.randint(0, len(content))
            content = content[:at] + self._random.randbytes(3) + content[at:]
        return content

    def value(self, samples: Sequence[Any]) -> Any:
        """Return one of the JSON values, changed in a few places."""
        value = copy.deepcopy(self._random.choice(samples))
        for _ in range(self._random.choice((1, 1, 1, 2, 4))):
            value = self._changed_value(value)
        return value

    def choice(self, items: Sequence[Any]) -> Any:
        """Return one of the items."""
        return self._random.choice(items)

    def _changed_text(self, text: str, samples: Sequence[str]) -> str:
        pick = self._random
        start = pick.randint(0, len(text))
        end = min(len(text), start + pick.choice((0, 1, 1, 5, 40)))
        match pick.randrange(6):
            case 0:
                middle = pick.choice(_TEXTS)
            case 1:
                middle = ""
            case 2:
                middle = text[start:end] * pick.choice((2, 3, 50))
            case 3:
                other = pick.choice(samples)
                at = pick.randint(0, len(other))
                middle = other[at : at + 60]
            case 4:
                middle = chr(pick.choice((pick.randrange(128), pick.randrange(0x2FFF), 0xD800)))
            case _:
                middle = str(pick.choice(_VALUES))
        return text[:start] + middle + text[end:]

    def _changed_value(self, value: Any) -> Any:
        pick = self._random
        places = list(_places(value))
        if not places:
            return self._new(value)
        holder, key = pick.choice(places)
        match pick.randrange(6):
            case 0 if isinstance(holder, dict):
                holder[pick.choice(_TEXTS)[:400]] = holder.pop(key)
            case 1:
                del holder[key]
            case 2:
                _, other = pick.choice(places)
                source, _ = pick.choice(places)
                if isinstance(source, dict) and other in source:
                    holder[key] = copy.deepcopy(source[other])
            case 3 if isinstance(holder[key], str):
                holder[key] = self._changed_text(holder[key], ("States.ALL", "$.a.b", "{% $x %}"))
            case 4 if isinstance(holder, list):
                holder.extend([copy.deepcopy(holder[key])] * pick.choice((1, 20)))
            case _:
                holder[key] = self._new(holder[key])
        return value

    def _new(self, old: Any) -> Any:
        pick = self._random
        match pick.randrange(8):
            case 0:
                return _nested(pick.choice((3, 90, 200)), lambda inner: [inner])
            case 1:
                return _nested(pick.choice((3, 90, 200)), lambda inner: {"a": inner})
            case 2:
                return [old] * pick.choice((1, 2, 200))
            case 3 | 4:
                return copy.deepcopy(pick.choice(_VALUES))
            case _:
                return pick.choice(_TEXTS)


def _places(value: Any) -> Any:
    """Yield every place of a JSON value: its container and its key."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
