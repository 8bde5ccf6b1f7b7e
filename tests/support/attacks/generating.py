"""Legal JSON from a seed: values, paths, expressions, inputs and mock files.

Most values are of the right kind, and some are anything. So a generated definition gets further
than one that was changed at random, and it still has what nobody would write.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

from sfn_release.asl.integrations import OPTIMIZED, WAITS

ROLE: Final = "arn:aws:iam::000000000000:role/any"
PREFIX: Final = "arn:aws:states:us-east-1:000000000000"
NAMES: Final = ("A", "B", "C", "Wait here", "ü", "x" * 70, "Map", "$", "")
KEYS: Final = (
    "a",
    "b",
    "items",
    "n",
    "id",
    "text",
    "when",
    "Error",
    "Cause",
    "list",
    "ü",
    "",
    "$",
)
NUMBERS: Final = (0, 1, 2, 3, -1, 10, 0.5, -0.0, 1e15, 1e-9, 2**53, -(2**63), 10**30, 1e308, 100)
TEXTS: Final = (
    *("", "a", "text", "2030-01-01T00:00:00Z", "1", "1e400", "é\u202e", "\U0001f600", "\ud83d"),
    *("$.a", "$$", "{% 1 %}", "a" * 300, '{"a":1}', "[1,2", "true", "{}", "\\", "*a*", "a\\*b"),
)
PATHS: Final = (
    *(
        "$",
        "$.a",
        "$.items",
        "$.items[0]",
        "$.n",
        "$.text",
        "$.when",
        "$.list",
        "$$",
        "$$.Execution",
    ),
    *("$$.State.Name", "$$.Map.Item.Value", "$$.Task.Token", "$..a", "$.items[*].id", "$.no.such"),
    *("$.items[?(@.id > 1)]", "$.a['b']", "$.items[-1:]", "$x", "$x.a", "$.", "$[", "a", "$$.No"),
)
CALLS: Final = (
    *("States.Format('{}', $.n)", "States.Array($.a, 1, null)", "States.UUID()", "States.Nope()"),
    *("States.ArrayRange(0, $.n, 1)", "States.MathRandom(1, $.n)", "States.JsonToString($)"),
    *("States.StringToJson($.text)", "States.ArrayGetItem($.items, $.n)", "States.Hash($, 'MD5')"),
    *("States.JsonMerge($.a, $.a, false)", "States.Base64Decode($.text)", "States.MathAdd($.n, 1)"),
    *("States.ArrayPartition($.items, $.n)", "States.StringSplit($.text, 'a')", "States.Format("),
)
JSONATA: Final = (
    *(
        "$states.input",
        "$states.input.n",
        "$states.result",
        "$states.errorOutput",
        "$states.context",
    ),
    *("$states.input.items", "$x", "$sum($states.input.items.id)", "$no", "1 +", "$random()"),
    *("$uuid()", "$now()", "$parse($states.input.text)", "$range(0, $states.input.n, 1)", "null"),
    *("$partition($states.input.items, 2)", "$hash('a', 'MD5')", "$eval('1')", "function($x){$x}"),
    *(
        "($f := function($n){$f($n)}; $f(1))",
        "[1..1000000000]",
        "$error('x')",
        "true",
        "'text'",
        "5",
    ),
    *(
        "$map($states.input.items, function($v){$v.id * 2})",
        "$number('x')",
        "1/0",
        "$string($states)",
    ),
)
RESOURCES: Final = (
    "arn:aws:lambda:us-east-1:000000000000:function:f",
    f"{PREFIX}:activity:a",
    "arn:aws:states:::http:invoke",
    "arn:aws:states:::aws-sdk:dynamodb:getItem",
    "arn:aws:states:::aws-sdk:s3:getObject.waitForTaskToken",
    *(
        f"arn:aws:states:::{service}:{action}{wait}"
        for service, actions in OPTIMIZED.items()
        for action in actions
        for wait in WAITS
    ),
)
ERRORS: Final = (
    *("States.ALL", "States.TaskFailed", "States.Timeout", "States.Runtime", "Busy", "a.b", ""),
    *("States.DataLimitExceeded", "States.QueryEvaluationError", "States.Permissions"),
)
READERS: Final = ("CSV", "JSON", "JSONL", "MANIFEST", "PARQUET", "XML")
OPERATORS: Final = (
    *("StringEquals", "StringMatches", "NumericLessThan", "NumericEqualsPath", "BooleanEquals"),
    *("TimestampGreaterThan", "IsPresent", "IsNull", "IsTimestamp", "StringLessThanEqualsPath"),
)
DEEPEST: Final = 3
_AMOUNTS: Final = (1, 2, 3, 60)


class Generator:
    """Draws values from a seed. A share of *wild* values is of any kind."""

    def __init__(self, seed: str, wild: float | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible
        self.wild = self.pick((0.0, 0.0, 0.01, 0.05)) if wild is None else wild

    def pick(self, values: Sequence[Any]) -> Any:
        """Return one of *values*."""
        return self._random.choice(values)

    def chance(self, share: float) -> bool:
        """Return true in a *share* of all cases."""
        return self._random.random() < share

    def up_to(self, most: int, least: int = 0) -> range:
        """Return a range of a random length."""
        return range(self._random.randint(least, most))

    def mostly(self, value: Any) -> Any:
        """Return *value*, or anything."""
        return self.any() if self.chance(self.wild) else value

    def any(self, depth: int = 0) -> Any:
        """Return any JSON value."""
        kind = self._random.randint(0, 5 if depth < DEEPEST else 3)
        if kind == 4:
            return [self.any(depth + 1) for _ in self.up_to(4)]
        if kind == 5:
            return {self.pick(KEYS): self.any(depth + 1) for _ in self.up_to(4)}
        return self.pick(((None, True, False), NUMBERS, _WORDS, _WORDS)[kind])

    def input(self) -> Any:
        """Return the input of an execution: mostly one that paths and expressions find."""
        if self.chance(0.2):
            return self.any()
        return {
            "a": self.any(),
            "items": self.mostly([{"id": number} for number in self.up_to(6)]),
            "n": self.mostly(len(self.up_to(5))),
            "text": self.pick(TEXTS),
            "when": "2030-01-01T00:00:00Z",
            "list": ["Busy"],
        }

    def mocks(self) -> dict[str, Any]:
        """Return answers by resource, in the form of a mock file."""
        answers = {resource: self.answer() for resource in (*RESOURCES, *_S3)}
        if self.chance(self.wild):
            answers[self.pick(RESOURCES)] = self.any()
        return answers

    def answer(self) -> Any:
        """Return the answer of a mock file to one task."""
        return self.pick(
            (
                {"error": self.pick(ERRORS), "cause": self.pick(TEXTS)},
                {"return": self.any(), "seconds": self.pick(_AMOUNTS)},
                {"payload": self.any()},
                {"return": {"Body": self.pick(_BODIES)}},
                [{"error": "Busy"}, {"return": self.any()}],
                {"per": "execution", "answers": [{"return": self.any()}]},
            )
        )

    def amount(self) -> Any:
        """Return a count or a time in seconds."""
        return self.mostly(self.pick(NUMBERS if self.chance(self.wild) else _AMOUNTS))

    def value(self, *, jsonata: bool) -> Any:
        """Return a value of a field: an expression if it's in JSONata, or anything."""
        if jsonata and self.chance(0.8):
            return f"{{% {self.pick(JSONATA)} %}}"
        return self.any() if not jsonata else self.pick((1, "text", [1], {"a": 1}, None))

    def template(self, *, jsonata: bool) -> Any:
        """Return a payload template, or an object with expressions."""
        if jsonata:
            return {"a": self.value(jsonata=True), "b": [1, self.value(jsonata=True)]}
        return {
            "a.$": self.pick((*PATHS[:12], *CALLS)),
            "b": self.pick(NUMBERS),
            "c": {"d.$": self.pick((*PATHS[:12], *CALLS)), "e": [{"f.$": self.pick(PATHS[:12])}]},
        }


_WORDS: Final = (*TEXTS, *PATHS, *CALLS, *ERRORS)
_S3: Final = ("arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2")
_BODIES: Final = ("a,b\n1,2\n", "[1,2]", '{"a":[1]}\n{}', "", '{"items":[{"id":1}]}')
