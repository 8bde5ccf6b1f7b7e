"""Every rule, in one table: ``docs/rules.md`` explains each under its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_release.checks import (
    choices,
    failures,
    graph,
    integrations,
    labels,
    sdk,
    structure,
    templates,
)
from sfn_release.checks.rule import Rule

_TARGET = "MISSING_TRANSITION_TARGET"

RULES: Final[tuple[Rule, ...]] = (
    # -- shape ---------------------------------------------------------------------------------
    Rule("not-json", "error", "it is no JSON, or not exactly", (structure.nothing,)),
    Rule("too-large", "error", "it is over 1 MiB", (structure.too_large,)),
    Rule(
        "missing-field",
        "error",
        "a field that must be there is not",
        (structure.missing_field, choices.no_variable),
    ),
    Rule(
        "wrong-value",
        "error",
        "a field holds what it can't",
        (structure.wrong_value, choices.wrong_condition, failures.wrong_error_name),
    ),
    Rule(
        "unknown-field",
        "error",
        "a field is none of the language's",
        (structure.unknown_field,),
        final=False,
    ),
    Rule("misplaced-field", "error", "a field belongs elsewhere", (structure.misplaced_field,)),
    Rule("inline-map", "warning", "only a distributed Map heeds it", (structure.inline_map,)),
    Rule("unknown-type", "error", "a state has no type that exists", (structure.unknown_type,)),
    Rule("one-of", "error", "fields exclude each other", (structure.one_of,)),
    Rule("language", "error", "a field is the other query language's", (structure.language,)),
    Rule("state-name", "error", "a state's name is empty or too long", (graph.state_name,)),
    Rule(
        "duplicate-state",
        "error",
        "two states have one name",
        (graph.duplicate_state,),
        code="DUPLICATE_STATE_NAME",
    ),
    Rule(
        "label", "error", "a Map's label can't be one", (labels.label,), code="INVALID_LABEL_NAME"
    ),
    Rule(
        "duplicate-label",
        "error",
        "two Maps have one label",
        (labels.duplicate_label,),
        code="DUPLICATE_LABEL_NAME",
    ),
    # -- ways ----------------------------------------------------------------------------------
    Rule("transition", "error", "it is not said once what comes next", (graph.transition,)),
    Rule("dangling", "error", "a way leads nowhere", (graph.dangling,), code=_TARGET),
    Rule("unreachable", "error", "nothing leads to a state", (graph.unreachable,), code=_TARGET),
    Rule("no-end", "error", "no state ends it", (graph.no_end,), code="MISSING_END_STATE"),
    Rule("no-way-out", "warning", "a loop is never left", (graph.no_way_out,)),
    # -- choices, Retry and Catch --------------------------------------------------------------
    Rule("operator", "error", "a condition has no operator, or two", (choices.operator,)),
    Rule("unknown-operator", "error", "there is no such operator", (choices.unknown_operator,)),
    Rule("catch-all", "error", "States.ALL is not alone and last", (failures.catch_all,)),
    Rule("unknown-error", "warning", "there is no such States. error", (failures.unknown_error,)),
    Rule("impossible-error", "warning", "it can't happen here", (failures.impossible_error,)),
    # -- paths and calls -----------------------------------------------------------------------
    Rule(
        "expression",
        "error",
        "a path or an intrinsic function can't be read",
        (templates.not_a_path, templates.syntax),
    ),
    Rule("reference-path", "error", "it is no Reference Path", (templates.reference_path,)),
    Rule("duplicate-key", "error", "a key stands with .$ and without", (templates.duplicate_key,)),
    Rule("doubtful-path", "warning", "a filter is hard to read", (templates.doubtful_path,)),
    # -- integrations --------------------------------------------------------------------------
    Rule(
        "integration",
        "error",
        "there is no such integration, or it can't wait so",
        (integrations.integration,),
        final=False,
    ),
    Rule("express", "error", "an EXPRESS workflow can't do it", (integrations.express,)),
    Rule("resource", "warning", "a Resource is no ARN", (integrations.resource,)),
)
"""In the order in which they are tried; findings come in the order of the definition."""

BY_NAME: Final[Mapping[str, Rule]] = {rule.name: rule for rule in (*RULES, *sdk.RULES)}
"""Those of `sdk` too, which are asked for apart: they read the models of AWS's services."""
