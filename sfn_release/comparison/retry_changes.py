"""How a change of Retry or Catch reads, and whether each error is retried as often as before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sfn_release.asl.error_names import States

_ATTEMPTS: Final = 3  # MaxAttempts that a retrier has by default
_SHOWN: Final = 2  # errors that name a retrier with a long list
_LISTED: Final = 3  # errors in a sentence
_CAN_DIFFER: Final = "Executions in which the state fails can take another path."
_OTHER: Final = ""  # stands for an error that no retrier names
_TERMINAL: Final = (States.Runtime, States.DataLimitExceeded)


def retries_at_least(old: Any, new: Any) -> bool:
    """Whether the retriers *new* try each error again at least as often as *old*.

    Each argument is the value of a Retry field. Two errors that counted apart have to count apart
    still. You get False if either isn't a list of retriers.
    """
    before, after = _rules(old), _rules(new)
    if before is None or after is None:
        return False
    names = [
        *dict.fromkeys(name for rule in (*before, *after) for name in _errors(rule)),
        *(_OTHER, States.Timeout),
    ]
    counted: dict[int, int] = {}
    for name in names:
        was, now = _first(before, name), _first(after, name)
        if was is None or not _attempts(before[was]):
            continue
        if now is None or _attempts(after[now]) < _attempts(before[was]):
            return False
        if counted.setdefault(now, was) != was:
            return False
    return True


def handles(catchers: Any, error: str | None) -> bool:
    """Whether the value of a Catch field catches an error of this name; None is unknown."""
    rules = _rules(catchers)
    if rules is None:
        return False
    return _first(rules, _OTHER if error is None else error) is not None


def catch_effect(old: Any, new: Any) -> str:
    """Return which failed executions go on differently, and how; "" if only comments differ.

    Each argument is the value of a Catch field.

    >>> catch_effect(None, [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}])
    'Executions in which the state fails with States.Timeout take another path.'
    """
    before, after = _rules(old), _rules(new)
    if before is None or after is None:
        return _CAN_DIFFER
    if [*map(_without_comment, before)] == [*map(_without_comment, after)]:
        return ""
    named = dict.fromkeys(name for rule in (*before, *after) for name in _errors(rule))
    names = [*dict.fromkeys([*named, States.Timeout, *_TERMINAL])]
    names = [name for name in names if name not in (States.ALL, States.TaskFailed)]
    ways = {name: (_way(before, name), _way(after, name)) for name in (*names, _OTHER)}
    changed = {name for name, (was, now) in ways.items() if was != now}
    if not changed:
        return _CAN_DIFFER
    moved = {name for name in changed if _next(ways[name][0]) != _next(ways[name][1])}
    effect = "take another path" if moved else "go on with other data"
    return f"Executions in which the state fails{_with(names, moved or changed)} {effect}."


def _way(rules: Sequence[Mapping[str, Any]], error: str) -> Mapping[str, Any] | None:
    """Return what the catcher of an error does, None without a catcher."""
    at = _first(rules, error)
    if at is None:
        return None
    return _without(_without_comment(rules[at]))


def _without_comment(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != "Comment"}


def _next(way: Mapping[str, Any] | None) -> Any:
    return None if way is None else way.get("Next")


def _with(names: Sequence[str], affected: set[str]) -> str:
    """Return which errors are *affected*, of the *names* and all others; "" for all of them."""
    if _OTHER not in affected:
        return f" with {_listed([name for name in names if name in affected])}"
    spared = [name for name in names if name not in (*affected, *_TERMINAL)]
    return f" with an error other than {_listed(spared)}" if spared else ""


def _listed(names: Sequence[str]) -> str:
    """Return names joined by "or"; a long list is cut off."""
    more = len(names) - _LISTED
    shown = [*names[:_LISTED], f"{more} others"] if more > 1 else [*names]
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def rule_lines(old: Any, new: Any, verb: str) -> Iterator[str]:
    """Yield a line for each retrier or catcher that changed; nothing if either isn't a list.

    *verb* is ``retries`` or ``catches``.
    """
    before, after = _rules(old), _rules(new)
    if before is None or after is None:
        return
    kept = [rule for rule in before if rule in after]
    left = [rule for rule in before if rule not in after]
    for rule in after:
        if rule in before:
            continue
        same = _before(rule, left, after)
        if same is not None:
            left.remove(same)
            yield f"{verb} {_brief(same)}: {_changed(same, rule)}"
        else:
            yield f"{verb} {_names(rule)}{_how(rule, verb)}"
    yield from (f"no longer {verb} {_names(rule)}" for rule in left)
    if kept != [rule for rule in after if rule in before]:
        yield f"{verb} errors in another order"


def _before(
    rule: Mapping[str, Any], left: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Return what a rule was among the rules *left*; None for a new one.

    That is the rule with the same errors, else a rule whose errors alone differ, else the rule with
    most of its errors, unless a rule *after* has all of them.
    """
    for item in left:
        if _errors(item) == _errors(rule):
            return item
    for item in left:
        if _without(item) == _without(rule):
            return item
    taken = [_errors(other) for other in after]
    shared = {
        len({*_errors(item)} & {*_errors(rule)}): item
        for item in reversed(left)
        if _errors(item) not in taken
    }
    most = max(shared, default=0)
    return shared[most] if most else None


def _rules(value: Any) -> Sequence[Mapping[str, Any]] | None:
    if not isinstance(value, list):
        return []
    return value if all(isinstance(rule, Mapping) for rule in value) else None


def _errors(rule: Mapping[str, Any]) -> list[str]:
    names = rule.get("ErrorEquals")
    return [str(name) for name in names] if isinstance(names, list) else []


def _first(rules: Sequence[Mapping[str, Any]], error: str) -> int | None:
    """Return the index of the first rule that fits an error. Source: "Error names" of the guide."""
    for index, rule in enumerate(rules):
        names = _errors(rule)
        if (
            error in names
            or (States.ALL in names and error not in _TERMINAL)
            or (States.TaskFailed in names and error not in (*_TERMINAL, States.Timeout))
        ):
            return index
    return None


def _attempts(rule: Mapping[str, Any]) -> float:
    value = rule.get("MaxAttempts", _ATTEMPTS)
    return value if isinstance(value, int | float) else _ATTEMPTS


def _without(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != "ErrorEquals"}


def _names(rule: Mapping[str, Any]) -> str:
    return ", ".join(_errors(rule)) or "no error"


def _how(rule: Mapping[str, Any], verb: str) -> str:
    if verb == "catches":
        return f' and goes to "{rule.get("Next")}"'
    attempts = _attempts(rule)
    return f", at most {attempts:g} {'time' if attempts == 1 else 'times'}"


def _brief(rule: Mapping[str, Any]) -> str:
    """Return the first errors of a long list: a retrier of Lambda often has four and more."""
    names = _errors(rule)
    more = len(names) - _SHOWN
    return f"{', '.join(names[:_SHOWN])} and {more} more" if more > 1 else _names(rule)


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    keys = [key for key in {**old, **new} if old.get(key, ...) != new.get(key, ...)]
    return ", ".join(
        text
        for key in keys
        for text in (
            _changed_errors(_errors(old), _errors(new))
            if key == "ErrorEquals"
            else [f"{key} {_value(old, key)} → {_value(new, key)}"]
        )
    )


def _changed_errors(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Yield which errors a list has more and no longer; the others stay unsaid."""
    added = [name for name in new if name not in old]
    removed = [name for name in old if name not in new]
    if added:
        yield f"{', '.join(added)} added"
    if removed:
        yield f"{', '.join(removed)} removed"
    if not added and not removed:
        yield "its errors in another order"


def _value(rule: Mapping[str, Any], key: str) -> str:
    value = rule.get(key, "(none)")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f'"{value}"' if isinstance(value, str) and key == "Next" else str(value)
