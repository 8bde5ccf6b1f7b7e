"""The table ``[checks]`` of releases.toml: the findings that you silence, with reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sfn_release.project import value_rules
from sfn_release.project.toml_document import Expected, TomlDocument
from sfn_release.project.toml_lines import Key
from sfn_release.text import did_you_mean

if TYPE_CHECKING:
    from sfn_release.checks.silence import Silence

_EXAMPLE = '{ rule = "lambda-retry", workflow = "orders", reason = "its caller tries again" }'

CHECKS: Final[Expected] = Expected(
    dict,
    example="[[checks.silence]]",
    keys={
        "silence": Expected(
            list,
            example=f"silence = [{_EXAMPLE}]",
            items=Expected(
                dict,
                example=_EXAMPLE,
                needs=("rule", "reason"),
                keys={
                    "rule": Expected(str, value_rules.text, 'rule = "lambda-retry"'),
                    "workflow": Expected(str, value_rules.text, 'workflow = "orders"'),
                    "state": Expected(str, value_rules.text, 'state = "Charge"'),
                    "reason": Expected(str, value_rules.words, 'reason = "its caller tries again"'),
                },
            ),
        )
    },
)
_AT = ("checks", "silence")


def silences_of(document: TomlDocument, table: dict[str, Any]) -> tuple[Silence, ...]:
    """Return the silences of the table ``[checks]``; raises ConfigError."""
    entries = enumerate(table.get("silence", ()))
    return tuple(_silence(document, (*_AT, index), entry) for index, entry in entries)


def names_to_silence() -> frozenset[str]:
    """Return the names of the rules that a project can silence."""
    from sfn_release.checks.rule_table import BY_NAME

    return frozenset(name for name, rule in BY_NAME.items() if rule.can_be_silenced)


def _silence(document: TomlDocument, at: Key, entry: dict[str, str]) -> Silence:
    from sfn_release.checks.rule_table import BY_NAME
    from sfn_release.checks.silence import Silence

    for key in ("rule", "reason"):
        if key not in entry:
            shown = f" of {entry['rule']!r}" if "rule" in entry else ""
            document.fail(
                (*at, key),
                f"`{key}` is missing in a silence{shown} of [checks]",
                why="Readers need to know which rule is silenced, and why.",
                fix=f"For example:  silence = [{_EXAMPLE}]",
            )
    if entry["rule"] not in BY_NAME:
        document.fail(
            (*at, "rule"),
            f"there is no rule {entry['rule']!r} to silence",
            fix=did_you_mean(entry["rule"], BY_NAME) or "docs/reference/rules.md lists the rules.",
        )
    if entry["rule"] not in names_to_silence():
        document.fail(
            (*at, "rule"),
            f"{entry['rule']!r} can't be silenced",
            why="Step Functions refuses a definition that breaks this rule.",
            fix="Fix the definition, and remove the silence.",
        )
    return Silence(**entry)
