"""The JSONata engines on PyPI, held against JSONata's own test suite and its reference in npm.

    python benchmarks/jsonata_engines.py SUITE [NODE_MODULES]

SUITE is the folder `test/test-suite` of github.com/jsonata-js/jsonata (the source distribution of
jsonata2py has a copy). NODE_MODULES is a folder in which npm installed `jsonata`; the error texts
are compared with that package's. An engine that isn't installed is left out. `jsonata-rs` and
`jsonata-python` have the same import name: install them in two environments.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

UNDEFINED = object()
Evaluate = Callable[[Any, dict[str, Any], dict[str, Any]], Any]
"""Takes the input, the bindings and the limits of a case; may raise `EngineError`."""

INPUT = {"n": 5, "items": [{"id": n, "name": f"item-{n}"} for n in range(20)], "words": ["a", "b"]}
TYPICAL = {
    "path": "$states.input.n",
    "filter": "$states.input.items[id > 15].name",
    "object": "{'n': $states.input.n, 'words': $states.input.words}",
    "join": "$join($states.input.words, '-')",
}
ENDLESS = {
    "loop": "($f := function($x) { $f($x + 1) }; $f(1))",
    "recursion": "($f := function($x) { 1 + $f($x + 1) }; $f(1))",
    "expression": "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /^(a+)+$/)",
    "memory": "($f := function($s) { $f($s & $s) }; $f('x'))",
}
REFERENCE = """
const jsonata = require(process.argv[1] + '/jsonata');
(async () => {
  const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  const texts = [];
  for (const item of cases) {
    if (item.timelimit) { texts.push(null); continue; }
    try { await jsonata(item.expr).evaluate(item.data, item.bindings); texts.push(null); }
    catch (error) { texts.push(error.code ? error.message : null); }
  }
  process.stdout.write(JSON.stringify(texts), () => process.exit(0));
})();
"""


class EngineError(Exception):
    """An engine's error: its code and text."""

    def __init__(self, code: str | None, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


def jlens_engine(text: str) -> Evaluate:
    """Compile with jlens."""
    from jlens import Expression, JlensError

    try:
        expression = Expression(text)
    except JlensError as error:
        raise EngineError(error.code, str(error)) from error

    def evaluate(data: Any, bindings: dict[str, Any], limits: dict[str, Any]) -> Any:
        given = None if data is UNDEFINED else json.dumps(data)
        try:
            found = expression.evaluate_json(given, bindings, **limits)
        except JlensError as error:
            raise EngineError(error.code, str(error)) from error
        return UNDEFINED if found is None else json.loads(found)

    return evaluate


def jsonatapy_engine(text: str) -> Evaluate:
    """Compile with jsonatapy, which answers None for undefined, and has no limits."""
    import jsonatapy

    try:
        expression = jsonatapy.compile(text)
    except ValueError as error:
        raise EngineError(*_split(str(error))) from error

    def evaluate(data: Any, bindings: dict[str, Any], _limits: dict[str, Any]) -> Any:
        given = None if data is UNDEFINED else data
        try:
            return expression.evaluate(given, bindings)
        except ValueError as error:
            raise EngineError(*_split(str(error))) from error

    return evaluate


def jsonata_python_engine(text: str) -> Evaluate:
    """Compile with jsonata-python, or with jsonata-rs, which has the same import name."""
    import jsonata

    if not hasattr(jsonata, "Parser") and hasattr(jsonata, "UNDEFINED"):
        return jsonata_rs_engine(text)
    try:
        expression = jsonata.Jsonata(text)
    except jsonata.JException as error:
        raise EngineError(error.error, str(error)) from error
    expression.set_output_convert_nulls(False)

    def evaluate(data: Any, bindings: dict[str, Any], limits: dict[str, Any]) -> Any:
        frame = expression.create_frame()
        for name, value in bindings.items():
            frame.bind(name, value)
        if limits:
            frame.set_runtime_bounds(limits["timeout"] * 1000, limits["max_depth"])
        try:
            found = expression.evaluate(None if data is UNDEFINED else data, frame)
        except jsonata.JException as error:
            raise EngineError(error.error, str(error)) from error
        return UNDEFINED if found is None else jsonata.Utils.convert_nulls(found)

    return evaluate


def jsonata_rs_engine(text: str) -> Evaluate:
    """Compile with jsonata-rs."""
    import jsonata

    try:
        expression = jsonata.Jsonata(text)
    except jsonata.JsonataError as error:
        raise EngineError(error.code, str(error)) from error
    expression.set_output_convert_nulls(False)

    def evaluate(data: Any, bindings: dict[str, Any], limits: dict[str, Any]) -> Any:
        for name, value in bindings.items():
            expression.assign(name, value)
        if limits:
            expression.set_runtime_bounds(int(limits["timeout"] * 1000), limits["max_depth"])
        try:
            found = expression.evaluate(None if data is UNDEFINED else data)
        except jsonata.JsonataError as error:
            raise EngineError(error.code, str(error)) from error
        return UNDEFINED if found is jsonata.UNDEFINED else found

    return evaluate


def jsonata2py_engine(text: str) -> Evaluate:
    """Compile with jsonata2py."""
    import jsonata2py

    try:
        expression = jsonata2py.compile(text)
    except jsonata2py.JsonataError as error:
        raise EngineError(getattr(error, "error_code", None), str(error)) from error

    def evaluate(data: Any, bindings: dict[str, Any], limits: dict[str, Any]) -> Any:
        given = jsonata2py.JsonataBindings()
        for name, value in bindings.items():
            given.bind_value(name, value)
        if limits:
            expression.set_timeout(limits["timeout"] * 1000)
        try:
            found = expression.evaluate(jsonata2py.MISSING if data is UNDEFINED else data, given)
        except jsonata2py.JsonataError as error:
            raise EngineError(getattr(error, "error_code", None), str(error)) from error
        return UNDEFINED if found is jsonata2py.MISSING else found

    return evaluate


ENGINES: dict[str, Callable[[str], Evaluate]] = {
    "jlens": jlens_engine,
    "jsonatapy": jsonatapy_engine,
    "jsonata": jsonata_python_engine,
    "jsonata2py": jsonata2py_engine,
}


def _split(text: str) -> tuple[str | None, str]:
    code, _, rest = text.partition(": ")
    return (code, rest) if len(code) == 5 else (None, text)  # noqa: PLR2004 - D3001


def cases(suite: Path) -> Iterator[dict[str, Any]]:
    """Yield the cases of the suite with their data; `data` is missing for no input."""
    for file in sorted((suite / "groups").glob("*/*.json")):
        found = json.loads(file.read_text())
        for case in found if isinstance(found, list) else [found]:
            if "expr-file" in case:
                case["expr"] = (file.parent / case["expr-file"]).read_text()
            if case.get("dataset"):
                case["data"] = json.loads(
                    (suite / "datasets" / f"{case['dataset']}.json").read_text()
                )
            code = case.get("code") or (case.get("error") or {}).get("code")
            yield {**case, "code": code, "name": f"{file.parent.name}/{file.stem}"}


def same(expected: Any, found: Any, *, unordered: bool) -> bool:
    """Compare a result with the suite's."""
    if unordered:
        expected, found = (sorted(map(repr, value)) for value in (expected, found))
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    return bool(expected == found)


def judge(engine: Callable[[str], Evaluate], case: dict[str, Any], text: str | None) -> str:
    """Run one case; return what came out: right, wrong, crash, or a wrong code or text."""
    limits = {}
    if "timelimit" in case:
        limits = {"timeout": case["timelimit"] / 1000, "max_depth": case.get("depth", 500)}
    try:
        found = engine(case["expr"])(case.get("data", UNDEFINED), case.get("bindings", {}), limits)
    except EngineError as error:
        if not case["code"]:
            return "wrong"
        if error.code != case["code"]:
            return "another code"
        return "right" if text is None or text in error.text else "another text"
    except Exception:  # noqa: BLE001 - anything else that an engine lets through
        return "crash"
    if case["code"]:
        return "wrong"
    if "result" in case:
        fits = same(case["result"], found, unordered=bool(case.get("unordered")))
    else:
        fits = found is UNDEFINED or found is None
    return "right" if fits else "wrong"


def suite_of(name: str, suite: Path, modules: Path | None) -> None:
    """Print how many cases an engine gets right."""
    known = [case for case in cases(suite) if "expr" in case]
    known = [case for case in known if "timelimit" not in case or name != "jsonatapy"]
    texts: list[str | None] = [None] * len(known)
    if modules:
        done = subprocess.run(
            ["node", "-e", REFERENCE, str(modules.resolve())],
            input=json.dumps(known),
            capture_output=True,
            text=True,
            check=True,
        )
        texts = json.loads(done.stdout)
    tally: dict[str, list[str]] = {}
    for case, text in zip(known, texts, strict=True):
        tally.setdefault(judge(ENGINES[name], case, text), []).append(case["name"])
    counts = ", ".join(f"{len(names)} {verdict}" for verdict, names in sorted(tally.items()))
    print(f"{name}: {counts}")
    for verdict, names in tally.items():
        if verdict != "right" and "-v" in sys.argv:
            print(f"    {verdict}: {' '.join(names)}")


def speed_of(name: str) -> None:
    """Print microseconds per evaluation of typical expressions, compiled once."""
    bindings = {"states": {"input": INPUT, "context": {}}}
    shown = []
    for title, text in TYPICAL.items():
        evaluate = ENGINES[name](text)
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(300):
                evaluate(UNDEFINED, bindings, {})
            best = min(best, (time.perf_counter() - start) / 300)
        shown.append(f"{title} {best * 1e6:.1f}")
    print(f"    microseconds: {', '.join(shown)}")


def limits_of(name: str) -> None:
    """Print how an endless expression ends, in a process of its own."""
    shown = []
    for title, text in ENDLESS.items():
        try:
            done = subprocess.run(
                [sys.executable, __file__, "--endless", name, text],
                capture_output=True,
                text=True,
                timeout=10,
                check=False,
            )
            end = done.stdout.strip() or f"died ({done.returncode})"
        except subprocess.TimeoutExpired:
            end = "never ends"
        shown.append(f"{title}: {end}")
    print(f"    {'; '.join(shown)}")


def endless(name: str, text: str) -> None:
    """Run one endless expression with the limits that the engine has."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    limits: dict[str, Any] = {"timeout": 1, "max_depth": 100}
    if name == "jlens":
        limits["max_string_length"] = 1 << 22
    try:
        ENGINES[name](text)(UNDEFINED, {}, limits)
    except EngineError as error:
        print(f"ends with {error.code}")
    except Exception as error:  # noqa: BLE001 - the answer
        print(f"ends with {type(error).__name__}")


def main() -> None:
    """Compare the engines that are installed."""
    if sys.argv[1] == "--endless":
        endless(*sys.argv[2:4])
        return
    given = [Path(argument) for argument in sys.argv[1:] if argument != "-v"]
    for name in ENGINES:
        if find_spec(name) is not None:
            suite_of(name, given[0], given[1] if len(given) > 1 else None)
            speed_of(name)
            limits_of(name)


if __name__ == "__main__":
    main()
