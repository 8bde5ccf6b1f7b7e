"""Says why no Retry and no Catch handled a failure, and which catcher came nearest. Pure.

The rule of matching is the simulator's: `StateFailure.matches`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfn_release.simulator.failure import RUNTIME, StateFailure
from sfn_release.testing.histories.state_visits import Visit
from sfn_release.text import count, listing, nearest

_HANDLES = frozenset({"Task", "Map", "Parallel"})
_LEVELS = 3  # states around the failed one to describe
_ATTEMPTS = 3  # the language's default of MaxAttempts


def unhandled(
    visit: Visit, error: str | None, states: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Yield a sentence for each state that could have handled *error*, from the inside out.

    *states* are the states of the definition by name; nothing is said about states that it lacks.
    """
    failure = StateFailure(error)
    if failure.ends_execution:
        yield f"No Retry and no Catch handles {RUNTIME}, not even States.ALL."
        return
    level: Visit | None = visit
    for _ in range(_LEVELS):
        if level is None:
            return
        defined = states.get(level.state)
        if defined is not None and level.type in _HANDLES:
            yield from _of_state(level, failure, defined)
        level = level.container


def _of_state(visit: Visit, failure: StateFailure, defined: Mapping[str, Any]) -> Iterator[str]:
    retriers, catchers = _rules(defined, "Retry"), _rules(defined, "Catch")
    retrier = _match(retriers, failure)
    if retrier is not None:
        most = retrier.get("MaxAttempts", _ATTEMPTS)
        names = listing(_names(retrier))
        yield (
            f"{visit.state} was tried {count(max(visit.attempts, 1), 'time')}: its Retry of {names}"
            f" allows {count(most, 'retry', 'retries')}."
            if isinstance(most, int)
            else f"{visit.state} has a Retry of {names}, and it was used up."
        )
    elif retriers:
        yield f"No Retry of {visit.state} names {_name(failure)}; it retries {_listed(retriers)}."
    if not catchers:
        yield f"{visit.state} has no Catch."
    elif _match(catchers, failure) is None:
        yield (
            f"No Catch of {visit.state} names {_name(failure)}; it catches {_listed(catchers)}."
            f" {_nearest(failure, catchers)}"
        ).rstrip()


def _nearest(failure: StateFailure, catchers: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence about the catcher whose names are the most like the error's."""
    known = [name for catcher in catchers for name in _names(catcher)]
    error = failure.error or ""
    near = next((name for name in known if name.casefold() == error.casefold()), None)
    if near is not None:
        return f'"{near}" came nearest: names must agree in upper and lower case.'
    ends = error.rpartition(".")[2]
    near = next((name for name in known if ends and name.rpartition(".")[2] == ends), None)
    near = near or nearest(error, known)
    if near is None and len(known) == 1:
        return ""
    return f'"{near}" came nearest.' if near else ""


def _match(rules: Sequence[Mapping[str, Any]], failure: StateFailure) -> Mapping[str, Any] | None:
    return next((rule for rule in rules if failure.matches(_names(rule))), None)


def _rules(defined: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    rules = defined.get(field)
    return [rule for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []


def _names(rule: Mapping[str, Any]) -> list[str]:
    names = rule.get("ErrorEquals")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _listed(rules: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for rule in rules for name in _names(rule)))
    return listing(names) if names else "nothing"


def _name(failure: StateFailure) -> str:
    return failure.error or "an error without a name"
