"""How the rules of a Choice changed: added, removed, in another order, with another target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.authoring.diagrams.captions import condition, shortened

_ABOUT = ("Next", "Comment", "Output", "Assign")
_ON_THIS_PATH: Final = "Executions that follow this rule"


@dataclass(frozen=True)
class RuleChange:
    """A change of a rule in words, and what it does to executions; "" if it does nothing."""

    text: str
    effect: str


def choice_changes(old: Any, new: Any) -> Iterator[RuleChange]:
    """Yield the changes of rules.

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
            effect = "Executions that fit this rule can take another path."
            yield RuleChange(f"rule added: {_rule(rule)}", effect)
        elif old[pairs[to]] != rule:
            yield _changed(old[pairs[to]], rule)
    effect = "Executions that fit the removed rule can take another path."
    yield from (RuleChange(f"rule removed: {_rule(rule)}", effect) for _, rule in left)
    order = [pairs[to] for to in sorted(pairs)]
    if order != sorted(order):
        effect = "Executions that fit several rules can take another path."
        yield RuleChange("its rules have another order", effect)


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


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> RuleChange:
    if not _has_condition(old, new):
        texts = shortened(condition(old)), shortened(condition(new))
        how = f": {' → '.join(texts)}" if texts[0] != texts[1] else " changed"
        return RuleChange(
            f'condition of the rule to "{new.get("Next")}"{how}',
            "Executions for which the two conditions differ can take another path.",
        )
    where = shortened(condition(new))
    if old.get("Next") != new.get("Next"):
        text = f'{where} → "{new.get("Next")}", was "{old.get("Next")}"'
        return RuleChange(text, f"{_ON_THIS_PATH} take another path.")
    keys = [key for key in _ABOUT if old.get(key, ...) != new.get(key, ...)]
    effect = "" if keys == ["Comment"] else f"{_ON_THIS_PATH} can go on with other data."
    return RuleChange(f"{', '.join(keys)} of the rule {where} changed", effect)
