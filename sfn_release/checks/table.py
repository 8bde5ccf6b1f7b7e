"""Every rule, in one table: ``docs/rules.md`` explains each under its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_release.checks import (
    called,
    choices,
    context,
    failures,
    graph,
    habits,
    integrations,
    jsonata,
    labels,
    placeholders,
    requests,
    required,
    sdk,
    structure,
    templates,
    variables,
)
from sfn_release.checks.rule import Rule

_TARGET = "MISSING_TRANSITION_TARGET"

RULES: Final[tuple[Rule, ...]] = (
    # -- shape ---------------------------------------------------------------------------------
    Rule("not-asl", "error", "the Python objects make no definition", (structure.nothing,)),
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
    Rule("transition", "error", "a state needs exactly one of Next and End", (graph.transition,)),
    Rule(
        "dangling",
        "error",
        "a transition names a state that doesn't exist",
        (graph.dangling,),
        code=_TARGET,
    ),
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
    Rule(
        "intrinsic",
        "error",
        "an intrinsic function can't take an argument",
        (templates.arguments,),
        final=False,
        late=True,
    ),
    Rule("reference-path", "error", "it is no Reference Path", (templates.reference_path,)),
    Rule("duplicate-key", "error", "a key stands with .$ and without", (templates.duplicate_key,)),
    Rule("doubtful-path", "warning", "a filter is hard to read", (templates.doubtful_path,)),
    Rule(
        "literal-path",
        "warning",
        "a path is sent as a text",
        (habits.literal_path, habits.literal_key, habits.literal_expression),
    ),
    # -- JSONata -------------------------------------------------------------------------------
    Rule(
        "jsonata",
        "error",
        "an expression can't be read",
        (jsonata.syntax,),
        code="INVALID_JSONATA_EXPRESSION",
    ),
    Rule(
        "jsonata-context",
        "error",
        "a name is read from nothing",
        (jsonata.context,),
        code="UNSUPPORTED_JSONATA_EXPRESSION",
    ),
    Rule(
        "states-member",
        "error",
        "$states has no such member there",
        (jsonata.states_member,),
        code="UNSUPPORTED_JSONATA_EXPRESSION",
    ),
    Rule("unread-jsonata", "warning", "an expression is not checked", (jsonata.unread,)),
    Rule(
        "context-field",
        "warning",
        "the context object has no such field",
        (context.context_field,),
    ),
    # -- variables -----------------------------------------------------------------------------
    Rule("variable-name", "error", "a variable can't have that name", (variables.variable_name,)),
    Rule(
        "variable-scope",
        "error",
        "an inner scope assigns an outer variable",
        (variables.assigned_inside,),
    ),
    Rule(
        "distributed-variable",
        "error",
        "a distributed Map reads a variable around it",
        (variables.distributed,),
    ),
    Rule("undefined-variable", "warning", "nothing assigns a variable", (variables.undefined,)),
    # -- integrations --------------------------------------------------------------------------
    Rule(
        "integration",
        "error",
        "there is no such integration, or it can't wait so",
        (
            integrations.integration,
            integrations.malformed_function,
            required.missing_parameter,
            integrations.reader_and_writer,
            requests.wrong_request,
        ),
        final=False,
    ),
    Rule(
        "request-parameter",
        "error",
        "a request has no such parameter",
        (requests.unknown_parameter,),
        final=False,
    ),
    Rule(
        "request-header",
        "error",
        "a request can't send a header",
        (requests.forbidden_header,),
        final=False,
        late=True,
    ),
    Rule(
        "qualifier",
        "error",
        "a version or an alias can't have that name",
        (called.qualifier,),
        final=False,
        late=True,
    ),
    Rule("express", "error", "an EXPRESS workflow can't do it", (integrations.express,)),
    Rule("resource", "warning", "a Resource is no ARN", (integrations.resource,)),
    Rule("parameter", "warning", "a ${…} can't be a parameter", (placeholders.no_parameter,)),
    # -- habits --------------------------------------------------------------------------------
    Rule("no-default", "warning", "a Choice has no Default", (habits.no_default,)),
    Rule("unpinned", "warning", "no version or alias is named", (called.unpinned,)),
    Rule(
        "lambda-retry",
        "warning",
        "a Lambda Task does not retry",
        (habits.function_without_retry,),
    ),
    Rule(
        "callback-timeout",
        "warning",
        "a callback is waited for without end",
        (habits.callback_without_timeout,),
    ),
    Rule(
        "callback-token",
        "warning",
        "a callback's token is not handed out",
        (habits.callback_without_token,),
    ),
    Rule(
        "job-timeout",
        "warning",
        "a job is waited for without end",
        (habits.job_without_timeout,),
    ),
    Rule("heartbeat", "warning", "a heartbeat is not below its timeout", (habits.slow_heartbeat,)),
    Rule(
        "map-concurrency",
        "warning",
        "a distributed Map has no MaxConcurrency",
        (habits.unbounded_map,),
    ),
    Rule("hard-coded", "warning", "an account or region is written out", (habits.hard_coded,)),
    Rule("settings", "error", "a StateMachine's settings can't be", (structure.nothing,)),
    Rule("unused-silence", "warning", "a silence covers nothing", (structure.nothing,)),
    Rule("log-payload", "warning", "the log holds payloads", (habits.logged_payload,)),
    # -- check --remote ------------------------------------------------------------------------
    Rule("aws", "error", "AWS itself refuses it", (structure.nothing,)),
    Rule("aws-advice", "warning", "AWS itself warns of it", (structure.nothing,)),
    Rule("aws-unasked", "warning", "AWS could not be asked", (structure.nothing,)),
)
"""In the order in which they are tried; findings come in the order of the definition."""

BY_NAME: Final[Mapping[str, Rule]] = {rule.name: rule for rule in (*RULES, *sdk.RULES)}
"""Those of `sdk` too, which are asked for apart: they read the models of AWS's services."""
