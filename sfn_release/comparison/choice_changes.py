"""How the rules of a Choice changed: added, removed, in another order, with another target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.authoring.diagrams.captions import condition, shortened

_ABOUT = ("Next", "Comment", "Output", "Assign")


def choice_lines(old: Any, new: Any) -> Iterator[tuple[str, bool]]:
    """Yield a line for each rule that changed, and whether only its comment did.

    *old* and *new* are the values of Choices. Yields nothing if either isn't a list of rules.
    """
    if not (_are_rules(old) and _are_rules(new)):
        return
    left = [*enumerate(old)]
    pairs: dict[int, int] = {}
    for same in (_is_equal, _has_condition_and_target, _has_condition, _has_target):
        for to, rule in enumerate(new):
            if to in pairs:
                continue
            found = next(((at, item) for at, item in left if same(item, rule)), None)
            if found is not None:
                pairs[to] = found[0]
                left.remove(found)
    for to, rule in enumerate(new):
        if to not in pairs:
            yield f"rule added: {_rule(rule)}", False
        elif old[pairs[to]] != rule:
            yield _changed(old[pairs[to]], rule)
    yield from ((f"rule removed: {_rule(rule)}", False) for _, rule in left)
    order = [pairs[to] for to in sorted(pairs)]
    if order != sorted(order):
        yield "its rules have another order", False


def _are_rules(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(rule, Mapping) for rule in value)


def _condition(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key not in _ABOUT}


def _is_equal(old: Any, new: Any) -> bool:
    return bool(old == new)


def _has_condition_and_target(old: Any, new: Any) -> bool:
    return _has_condition(old, new) and old.get("Next") == new.get("Next")


def _has_condition(old: Any, new: Any) -> bool:
    return _condition(old) == _condition(new)


def _has_target(old: Any, new: Any) -> bool:
    return bool(old.get("Next") == new.get("Next"))


def _rule(rule: Mapping[str, Any]) -> str:
    return f'{shortened(condition(rule))} → "{rule.get("Next")}"'


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, bool]:
    if not _has_condition(old, new):
        texts = shortened(condition(old)), shortened(condition(new))
        if texts[0] != texts[1]:
            return f'condition of the rule to "{new.get("Next")}": {" → ".join(texts)}', False
        return f'condition of the rule to "{new.get("Next")}" changed', False
    where = shortened(condition(new))
    if old.get("Next") != new.get("Next"):
        return f'{where} → "{new.get("Next")}", was "{old.get("Next")}"', False
    keys = [key for key in _ABOUT if old.get(key, ...) != new.get(key, ...)]
    return f"{', '.join(keys)} of the rule {where} changed", keys == ["Comment"]
