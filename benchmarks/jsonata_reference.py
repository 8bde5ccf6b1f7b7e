"""JSONata in the simulator against JSONata itself, on generated expressions.

    npm install jsonata@2.0.6
    python benchmarks/jsonata_reference.py node_modules [EXPRESSIONS] [SEED]

Step Functions has JSONata 2.0.6. The expressions are those of workflows: paths, filters, functions,
constructors, lambdas. You see how many have another value, fail in one of the two only, or fail
with another text. A wrong expression may have several errors, of which each engine reports one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any

from sfn_release.asl.jsonata import JsonataError
from sfn_release.asl.jsonata_engine import UNDEFINED, compiled
from sfn_release.asl.jsonata_functions import JsonataEvaluationError

INPUT: dict[str, Any] = {
    "n": 5,
    "share": 1.5,
    "text": "abc, def",
    "yes": True,
    "none": None,
    "word": "",
    "numbers": [3, 1, 2],
    "texts": ["b", "a", "c"],
    "mixed": [1, "a", None],
    "empty": [],
    "one": [7],
    "object": {"a": 1, "b": {"c": "x"}},
    "nested": [[1, 2], [3]],
    "date": "2024-05-06T07:08:09.010Z",
    "millis": 1_714_979_289_010,
    "json": '{"k":[1,2]}',
    "items": [
        {"id": 1, "name": "x", "tags": ["p", "q"], "price": 2.5},
        {"id": 2, "name": "y", "tags": [], "price": 10},
        {"id": 3, "name": "x", "price": None},
    ],
}
PATHS = (
    *(f"$states.input.{name}" for name in INPUT),
    *("$states.input.items.id", "$states.input.items.tags", "$states.input.items[-1].name"),
    *("$states.input.object.b.c", "$states.input.nope", "$states.input.numbers[1]"),
    *("$states.input.nested[0]", "$states.input.*", "$states.input.**.c", "$variable"),
)
LITERALS = (
    "1",
    "0",
    "-2",
    "2.5",
    "'abc'",
    "''",
    "true",
    "null",
    "[]",
    "[1..4]",
    "{'a': 1}",
    "'#0'",
)
FUNCTIONS = (
    *("string", "length", "uppercase", "lowercase", "trim", "number", "abs", "floor", "ceil"),
    *("round", "sqrt", "sum", "max", "min", "average", "boolean", "not", "exists", "count"),
    *("sort", "reverse", "distinct", "keys", "spread", "merge", "type", "base64encode"),
    *("encodeUrlComponent", "toMillis", "fromMillis"),
)
PAIRED = (
    *("substring", "substringBefore", "substringAfter", "pad", "contains", "split", "join"),
    *("power", "append", "zip", "lookup", "formatNumber", "formatBase"),
)
HIGHER = ("map", "filter", "sift", "each", "single")
LAMBDAS = ("function($x) {$x}", "function($x) {$x + 1}", "function($x, $i) {$i}", "$string")
OPERATORS = ("+", "-", "*", "/", "%", "&", "=", "!=", "<", ">=", "and", "or", "in")
FILTERS = ("0", "-1", "id > 1", "$ > 1", "price", "name = 'x'")
DEEPEST = 4
REFERENCE = """
const path = require('path').resolve(process.argv[1]) + '/jsonata';
(async () => {
  const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  const found = [];
  for (const text of given.texts) {
    delete require.cache[require.resolve(path)];  // it keeps the names of its last errors
    const jsonata = require(path);
    try {
      const value = await jsonata(text).evaluate(undefined, given.variables);
      const callable = value && (value._jsonata_lambda || value._jsonata_function);
      const shown = value === undefined || callable || typeof value === 'function';
      found.push(shown ? ['undefined'] : ['value', JSON.stringify(value)]);
    } catch (error) { found.push(['error', error.code, error.message]); }
  }
  process.stdout.write(JSON.stringify(found), () => process.exit(0));
})();
"""


def expression(random: Random, depth: int = 0) -> str:
    """Return a random expression."""

    def inner() -> str:
        return expression(random, depth + 1)

    kinds = [
        lambda: random.choice(PATHS),
        lambda: random.choice(PATHS + LITERALS),
        lambda: f"${random.choice(FUNCTIONS)}({inner()})",
        lambda: f"${random.choice(PAIRED)}({inner()}, {inner()})",
        lambda: f"${random.choice(HIGHER)}({inner()}, {random.choice(LAMBDAS)})",
        lambda: f"({inner()} {random.choice(OPERATORS)} {inner()})",
        lambda: f"({inner()} ? {inner()} : {inner()})",
        lambda: f"{{'k': {inner()}, 'l': {inner()}}}",
        lambda: f"[{inner()}, {inner()}]",
        lambda: f"({inner()})[{random.choice(FILTERS)}]",
        lambda: f"({inner()}).({inner()})",
        lambda: f"{inner()} ~> ${random.choice(FUNCTIONS)}",
        lambda: f"($a := {inner()}; [$a, {inner()}])",
    ]
    return random.choice(kinds[:2] if depth >= DEEPEST else kinds)()


def ours(text: str, variables: dict[str, Any]) -> list[Any]:
    """Evaluate as the simulator does; return the form of REFERENCE."""
    random = Random(1)  # noqa: S311 - nothing secret
    try:
        found = compiled(text).evaluate(
            variables, random=random, now=lambda: "2026-01-31T00:00:00Z"
        )
    except JsonataError as error:
        return ["error", error.code, str(error)]
    except JsonataEvaluationError as error:
        return ["error", error.code, error.text]
    return ["undefined"] if found is UNDEFINED else ["value", found]


def difference(reference: list[Any], found: list[Any]) -> str:
    """Name the kind of a difference; "" for none."""
    if reference[0] != found[0]:
        return f"{reference[0]} became {found[0]}"
    if reference[0] == "value":
        return "" if json.loads(reference[1]) == found[1] else "another value"
    return "" if reference == found else "another error"


def main() -> None:
    """Compare, and print each kind of difference with its shortest expression."""
    modules = Path(sys.argv[1])
    count, seed = (int(sys.argv[at]) if len(sys.argv) > at else at for at in (2, 3))
    random = Random(seed)  # noqa: S311 - likewise
    texts = [expression(random) for _ in range(count if len(sys.argv) > 2 else 5000)]  # noqa: PLR2004
    variables = {"states": {"input": INPUT}, "variable": "text"}
    done = subprocess.run(
        ["node", "-e", REFERENCE, str(modules)],
        input=json.dumps({"texts": texts, "variables": variables}),
        capture_output=True,
        text=True,
        check=True,
    )
    kinds: dict[str, list[tuple[str, list[Any], list[Any]]]] = defaultdict(list)
    for text, reference in zip(texts, json.loads(done.stdout), strict=True):
        found = ours(text, variables)
        kinds[difference(reference, found)].append((text, reference, found))
    print(f"{len(kinds.pop('', []))} of {len(texts)} expressions agree")
    for kind, cases in sorted(kinds.items(), key=lambda item: -len(item[1])):
        text, reference, found = min(cases, key=lambda case: len(case[0]))
        print(f"{len(cases)} {kind}: {text}\n    reference {reference}\n    here      {found}")


if __name__ == "__main__":
    main()
