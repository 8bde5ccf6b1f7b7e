"""A first test of an imported workflow: the input that it reads, and a mock for every task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.asl.integrations import is_activity, is_function
from sfn_release.comparison.data_flow import data_flow
from sfn_release.comparison.data_shapes import required_shape
from sfn_release.errors import SfnReleaseError
from sfn_release.project.toml_text import toml, toml_key
from sfn_release.simulator.mocks import mocked_tasks
from sfn_release.testing.inner_machines import states_in
from sfn_release.testing.mocked_results.fake_results import fake_result

_LONGEST = 400  # characters of a result; a longer one would hide the others
_HEAD = """\
# A first test of {module}, with a mock for every task. Run it with:  sfn-release test
# Write the input and the results that matter. Then record the expectations, and review them:
#   sfn-release test --record

[[test]]
name = "{name}"
input = {input}
"""
_COMPLETE, _TO_FILL_IN = "it succeeds", "it runs (fill in the input and the mocks)"


def first_test(module: str, definition: Mapping[str, Any]) -> str:
    """Return the text of a file of tests for a *definition*; *module* is its file, for people."""
    mocks = [*_mocks(definition)]
    data = _input(definition)
    is_complete = not data and not any("{}" in mock for mock in mocks)
    name = _COMPLETE if is_complete else _TO_FILL_IN
    lines = [_HEAD.format(module=module, name=name, input=toml(data))]
    if mocks:
        lines += ["\n[test.mocks]\n", *mocks]
    return "".join(lines)


def _input(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input with each member that a state needs, as an empty text to fill in."""
    found: dict[str, Any] = {}
    for path in sorted(data_flow(definition, required_shape(None)).needed):
        *outer, last = path.split(".")
        inside = found
        for key in outer:
            if not isinstance(inside.get(key), dict):
                inside[key] = {}
            inside = inside[key]
        inside.setdefault(last, "")
    return found


def _mocks(definition: Mapping[str, Any]) -> Iterator[str]:
    maps = {name for name, state in states_in(definition).items() if state.get("Type") == "Map"}
    seen = set()
    for state, resource in mocked_tasks(definition):
        if state not in seen:
            seen.add(state)
            answer = _ITEMS if state in maps else _answer(resource)
            yield f"{toml_key(state)} = {answer}\n"


_ITEMS = "{ return = [{ id = 1 }, { id = 2 }] }"
"""The items that an ItemReader reads."""


def _answer(resource: str) -> str:
    """Return a task's mock: plausible where the result is known, otherwise an empty object."""
    if is_function(resource) or ":::lambda:invoke" in resource:
        return "{ payload = {} }"
    if is_activity(resource):
        return "{ return = {} }"
    try:
        answer = f"{{ return = {toml(fake_result(resource))} }}"
    except SfnReleaseError:
        return "{ return = {} }"
    return answer if len(answer) <= _LONGEST else "{ return = {} }"
