"""Every rule, in one table: ``docs/rules.md`` explains each under its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_release.checks import (
    best_practices,
    choices,
    context_object,
    error_handling,
    field_rules,
    integrations,
    jsonata_expressions,
    map_labels,
    parameter_names,
    path_expressions,
    qualifiers,
    required_parameters,
    service_calls,
    service_requests,
    transitions,
    variables,
)
from sfn_release.checks.rule import Rule

_TARGET = "MISSING_TRANSITION_TARGET"

RULES: Final[tuple[Rule, ...]] = (
    # -- shape ---------------------------------------------------------------------------------
    Rule("not-asl", "error", "the Python objects make no definition", (field_rules.nothing,)),
    Rule("not-json", "error", "it is no JSON, or not exactly", (field_rules.nothing,)),
    Rule("too-large", "error", "it is over 1 MiB", (field_rules.too_large,)),
    Rule(
        "missing-field",
        "error",
        "a field that must be there is not",
        (field_rules.missing_field, choices.no_variable),
    ),
    Rule(
        "wrong-value",
        "error",
        "a field holds what it can't",
        (field_rules.wrong_value, choices.wrong_condition, error_handling.wrong_error_name),
    ),
    Rule(
        "unknown-field",
        "error",
        "a field is none of the language's",
        (field_rules.unknown_field,),
        final=False,
    ),
    Rule("misplaced-field", "error", "a field belongs elsewhere", (field_rules.misplaced_field,)),
    Rule("inline-map", "warning", "only a distributed Map heeds it", (field_rules.inline_map,)),
    Rule("unknown-type", "error", "a state has no type that exists", (field_rules.unknown_type,)),
    Rule("one-of", "error", "fields exclude each other", (field_rules.one_of,)),
    Rule("language", "error", "a field is the other query language's", (field_rules.language,)),
    Rule("state-name", "error", "a state's name is empty or too long", (transitions.state_name,)),
    Rule(
        "duplicate-state",
        "error",
        "two states have one name",
        (transitions.duplicate_state,),
        code="DUPLICATE_STATE_NAME",
    ),
    Rule(
        "label",
        "error",
        "a Map's label can't be one",
        (map_labels.label,),
        code="INVALID_LABEL_NAME",
    ),
    Rule(
        "duplicate-label",
        "error",
        "two Maps have one label",
        (map_labels.duplicate_label,),
        code="DUPLICATE_LABEL_NAME",
    ),
    # -- ways ----------------------------------------------------------------------------------
    Rule(
        "transition",
        "error",
        "a state needs exactly one of Next and End",
        (transitions.transition,),
    ),
    Rule(
        "dangling",
        "error",
        "a transition names a state that doesn't exist",
        (transitions.dangling,),
        code=_TARGET,
    ),
    Rule(
        "unreachable", "error", "nothing leads to a state", (transitions.unreachable,), code=_TARGET
    ),
    Rule("no-end", "error", "no state ends it", (transitions.no_end,), code="MISSING_END_STATE"),
    Rule("no-way-out", "warning", "a loop is never left", (transitions.no_way_out,)),
    # -- choices, Retry and Catch --------------------------------------------------------------
    Rule("operator", "error", "a condition has no operator, or two", (choices.operator,)),
    Rule("unknown-operator", "error", "there is no such operator", (choices.unknown_operator,)),
    Rule("catch-all", "error", "States.ALL is not alone and last", (error_handling.catch_all,)),
    Rule(
        "unknown-error",
        "warning",
        "there is no such States. error",
        (error_handling.unknown_error,),
    ),
    Rule("impossible-error", "warning", "it can't happen here", (error_handling.impossible_error,)),
    # -- paths and calls -----------------------------------------------------------------------
    Rule(
        "expression",
        "error",
        "a path or an intrinsic function can't be read",
        (path_expressions.not_a_path, path_expressions.syntax),
    ),
    Rule(
        "intrinsic",
        "error",
        "an intrinsic function can't take an argument",
        (path_expressions.arguments,),
        final=False,
        late=True,
    ),
    Rule("reference-path", "error", "it is no Reference Path", (path_expressions.reference_path,)),
    Rule(
        "duplicate-key",
        "error",
        "a key stands with .$ and without",
        (path_expressions.duplicate_key,),
    ),
    Rule("doubtful-path", "warning", "a filter is hard to read", (path_expressions.doubtful_path,)),
    Rule(
        "literal-path",
        "warning",
        "a path is sent as a text",
        (
            best_practices.literal_path,
            best_practices.literal_key,
            best_practices.literal_expression,
        ),
    ),
    # -- JSONata -------------------------------------------------------------------------------
    Rule(
        "jsonata",
        "error",
        "an expression can't be read",
        (jsonata_expressions.syntax,),
        code="INVALID_JSONATA_EXPRESSION",
    ),
    Rule(
        "jsonata-context",
        "error",
        "a name is read from nothing",
        (jsonata_expressions.context,),
        code="UNSUPPORTED_JSONATA_EXPRESSION",
    ),
    Rule(
        "states-member",
        "error",
        "$states has no such member there",
        (jsonata_expressions.states_member,),
        code="UNSUPPORTED_JSONATA_EXPRESSION",
    ),
    Rule(
        "unread-jsonata", "warning", "an expression is not checked", (jsonata_expressions.unread,)
    ),
    Rule(
        "context-field",
        "warning",
        "the context object has no such field",
        (context_object.context_field,),
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
            required_parameters.missing_parameter,
            integrations.reader_and_writer,
            service_requests.wrong_request,
        ),
        final=False,
    ),
    Rule(
        "request-parameter",
        "error",
        "a request has no such parameter",
        (service_requests.unknown_parameter,),
        final=False,
    ),
    Rule(
        "request-header",
        "error",
        "a request can't send a header",
        (service_requests.forbidden_header,),
        final=False,
        late=True,
    ),
    Rule(
        "qualifier",
        "error",
        "a version or an alias can't have that name",
        (qualifiers.qualifier,),
        final=False,
        late=True,
    ),
    Rule("express", "error", "an EXPRESS workflow can't do it", (integrations.express,)),
    Rule("resource", "warning", "a Resource is no ARN", (integrations.resource,)),
    Rule("parameter", "warning", "a ${…} can't be a parameter", (parameter_names.no_parameter,)),
    # -- habits --------------------------------------------------------------------------------
    Rule("no-default", "warning", "a Choice has no Default", (best_practices.no_default,)),
    Rule("unpinned", "warning", "no version or alias is named", (qualifiers.unpinned,)),
    Rule(
        "lambda-retry",
        "warning",
        "a Lambda Task does not retry",
        (best_practices.function_without_retry,),
    ),
    Rule(
        "callback-timeout",
        "warning",
        "a callback is waited for without end",
        (best_practices.callback_without_timeout,),
    ),
    Rule(
        "callback-token",
        "warning",
        "a callback's token is not handed out",
        (best_practices.callback_without_token,),
    ),
    Rule(
        "job-timeout",
        "warning",
        "a job is waited for without end",
        (best_practices.job_without_timeout,),
    ),
    Rule(
        "heartbeat",
        "warning",
        "a heartbeat is not below its timeout",
        (best_practices.slow_heartbeat,),
    ),
    Rule(
        "map-concurrency",
        "warning",
        "a distributed Map has no MaxConcurrency",
        (best_practices.unbounded_map,),
    ),
    Rule(
        "hard-coded", "warning", "an account or region is written out", (best_practices.hard_coded,)
    ),
    Rule("settings", "error", "a StateMachine's settings can't be", (field_rules.nothing,)),
    Rule("unused-silence", "warning", "a silence covers nothing", (field_rules.nothing,)),
    Rule("log-payload", "warning", "the log holds payloads", (best_practices.logged_payload,)),
    # -- check --remote ------------------------------------------------------------------------
    Rule("aws", "error", "AWS itself refuses it", (field_rules.nothing,)),
    Rule("aws-advice", "warning", "AWS itself warns of it", (field_rules.nothing,)),
    Rule("aws-unasked", "warning", "AWS could not be asked", (field_rules.nothing,)),
)
"""In the order in which they are tried; findings come in the order of the definition."""

BY_NAME: Final[Mapping[str, Rule]] = {rule.name: rule for rule in (*RULES, *service_calls.RULES)}
"""Those of `sdk` too, which are asked for apart: they read the models of AWS's services."""
