"""Every rule, in one table: ``docs/reference/rules.md`` explains each under its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.asl.fields import DISTRIBUTED
from sfn_release.asl.integrations import is_unsupported
from sfn_release.checks import (
    best_practices,
    choices,
    context_object,
    error_handling,
    field_rules,
    integrations,
    jsonata_rules,
    literal_expressions,
    map_labels,
    parameter_names,
    path_rules,
    qualifiers,
    query_languages,
    required_fields,
    required_parameters,
    service_calls,
    service_requests,
    transitions,
    variables,
)
from sfn_release.checks.rule import (
    Rule,
    each_assignment,
    each_call,
    each_callee,
    each_condition,
    each_element,
    each_error,
    each_jsonata,
    each_path,
    each_scope,
    each_state,
    each_task,
    each_template,
    whole,
)

_TARGET = "MISSING_TRANSITION_TARGET"

RULES: Final[tuple[Rule, ...]] = (
    # -- shape ---------------------------------------------------------------------------------
    Rule("not-asl", "error", "the Python objects don't form a definition"),
    Rule("not-json", "error", "the definition is not valid JSON"),
    Rule(
        "too-large", "error", "the definition is larger than 1 MiB", (whole(field_rules.too_large),)
    ),
    Rule(
        "missing-field",
        "error",
        "a required field is missing",
        (
            each_element(required_fields.missing_field, required_fields.lacks_required),
            each_state(required_fields.missing_state_field, when=required_fields.lacks_state_field),
            each_state(required_fields.missing_role, has=("Credentials",)),
            each_condition(required_fields.missing_rule_field, required_fields.lacks_rule_field),
            each_state(required_fields.missing_in_map, "Map"),
            each_condition(choices.no_variable, choices.compares_nothing),
        ),
    ),
    Rule(
        "wrong-value",
        "error",
        "a field has a value that it can't have",
        (
            each_element(
                field_rules.wrong_value, lambda shape: bool(shape.typed) or not shape.is_object
            ),
            whole(field_rules.misshapen_scope),
            each_scope(field_rules.wrong_states),
            each_condition(choices.wrong_condition),
            each_error(error_handling.wrong_error_name, error_handling.is_no_string),
        ),
    ),
    Rule(
        "unknown-field",
        "error",
        "the language has no such field",
        (each_element(field_rules.unknown_field, field_rules.has_unknown),),
        final=False,
    ),
    Rule(
        "misplaced-field",
        "error",
        "a field belongs to another object",
        (each_element(field_rules.misplaced_field, field_rules.has_misplaced),),
    ),
    Rule(
        "inline-map",
        "warning",
        "a field only works in a distributed Map",
        (each_state(field_rules.inline_map, "Map", has=(*DISTRIBUTED,)),),
    ),
    Rule(
        "unknown-type",
        "error",
        "a state's type doesn't exist",
        (each_state(field_rules.unknown_type, "", has=("Type",)),),
    ),
    Rule(
        "one-of",
        "error",
        "two fields exclude each other",
        (
            each_state(field_rules.one_of, when=field_rules.has_rivals),
            each_element(field_rules.one_of_twins, field_rules.has_twins),
        ),
    ),
    Rule(
        "language",
        "error",
        "a field belongs to the other query language",
        (
            whole(query_languages.jsonpath_in_jsonata),
            each_state(query_languages.foreign_field, when=query_languages.has_foreign),
            each_condition(
                query_languages.foreign_field_inside, query_languages.has_foreign_inside
            ),
            each_element(query_languages.foreign_field_inside, query_languages.has_foreign_inside),
            each_element(query_languages.jsonpath_inside, query_languages.has_jsonpath_inside),
        ),
    ),
    Rule(
        "state-name",
        "error",
        "a state's name is empty or too long",
        (each_scope(transitions.state_name),),
    ),
    Rule(
        "duplicate-state",
        "error",
        "two states have the same name",
        (whole(transitions.duplicate_state),),
        code="DUPLICATE_STATE_NAME",
    ),
    Rule(
        "label",
        "error",
        "a Map's label is not valid",
        (each_state(map_labels.label, "Map", has=("Label",)),),
        code="INVALID_LABEL_NAME",
    ),
    Rule(
        "duplicate-label",
        "error",
        "two Maps have the same label",
        (whole(map_labels.duplicate_label),),
        code="DUPLICATE_LABEL_NAME",
    ),
    # -- transitions ---------------------------------------------------------------------------
    Rule(
        "transition",
        "error",
        "a state needs exactly one of Next and End",
        (
            each_state(transitions.transition, *transitions.TRANSITIONING),
            each_state(
                transitions.superfluous_transition, *transitions.WITHOUT_NEXT, has=("Next", "End")
            ),
        ),
    ),
    Rule(
        "dangling",
        "error",
        "a transition names a state that doesn't exist",
        (whole(transitions.dangling),),
        code=_TARGET,
    ),
    Rule(
        "unreachable",
        "error",
        "no transition leads to a state",
        (each_scope(transitions.unreachable),),
        code=_TARGET,
    ),
    Rule(
        "no-end",
        "error",
        "no state ends the workflow",
        (each_scope(transitions.no_end),),
        code="MISSING_END_STATE",
    ),
    Rule("no-way-out", "warning", "a loop never ends", (each_scope(transitions.no_way_out),)),
    # -- choices, Retry and Catch --------------------------------------------------------------
    Rule(
        "operator",
        "error",
        "a condition has no operator, or several",
        (each_condition(choices.operator, choices.has_not_one_operator),),
    ),
    Rule(
        "unknown-operator",
        "error",
        "a comparison operator doesn't exist",
        (each_condition(choices.unknown_operator, choices.has_unknown_operator),),
    ),
    Rule(
        "catch-all",
        "error",
        "States.ALL is not alone or not last",
        (each_error(error_handling.catch_all, error_handling.is_catch_all),),
    ),
    Rule(
        "unknown-error",
        "warning",
        "an error name with States. doesn't exist",
        (each_error(error_handling.unknown_error, error_handling.is_unknown),),
    ),
    Rule(
        "impossible-error",
        "warning",
        "the state can't report an error",
        (each_error(error_handling.impossible_error, error_handling.is_rare),),
    ),
    # -- paths and calls -----------------------------------------------------------------------
    Rule(
        "expression",
        "error",
        "a path or an intrinsic function has a syntax error",
        (
            each_template(path_rules.not_a_path),
            each_path(path_rules.syntax, path_rules.invalid),
        ),
    ),
    Rule(
        "intrinsic",
        "error",
        "an intrinsic function doesn't accept an argument",
        (each_path(path_rules.arguments, path_rules.has_wrong_arguments),),
        final=False,
        late=True,
    ),
    Rule(
        "reference-path",
        "error",
        "a path is not a Reference Path",
        (each_path(path_rules.reference_path, path_rules.no_reference),),
    ),
    Rule(
        "duplicate-key",
        "error",
        "a key is given with .$ and without",
        (each_template(path_rules.duplicate_key),),
    ),
    Rule(
        "doubtful-path",
        "warning",
        "a filter can't be parsed",
        (each_path(path_rules.doubtful_path, path_rules.doubtful),),
    ),
    Rule(
        "literal-path",
        "warning",
        "a path is sent as text",
        (
            each_template(literal_expressions.literal_path),
            each_state(
                literal_expressions.literal_result, "Pass", language=JSONPATH, has=("Result",)
            ),
            each_state(literal_expressions.literal_key, language=JSONATA),
            each_jsonata(literal_expressions.literal_expression),
        ),
    ),
    # -- JSONata -------------------------------------------------------------------------------
    Rule(
        "jsonata",
        "error",
        "a JSONata expression has a syntax error",
        (
            each_jsonata(jsonata_rules.delimiters),
            each_jsonata(jsonata_rules.syntax),
        ),
        code="INVALID_JSONATA_EXPRESSION",
    ),
    Rule(
        "jsonata-context",
        "error",
        "an expression reads a name without $states.input",
        (each_jsonata(jsonata_rules.context),),
        code="UNSUPPORTED_JSONATA_EXPRESSION",
    ),
    Rule(
        "states-member",
        "error",
        "$states has no such field here",
        (each_jsonata(jsonata_rules.states_member),),
        code="UNSUPPORTED_JSONATA_EXPRESSION",
    ),
    Rule(
        "unread-jsonata",
        "warning",
        "an expression can't be checked",
        (whole(jsonata_rules.unread),),
    ),
    Rule(
        "context-field",
        "warning",
        "the context object has no such field",
        (
            each_path(context_object.path_field, context_object.reads_context),
            each_jsonata(context_object.jsonata_field),
        ),
    ),
    # -- variables -----------------------------------------------------------------------------
    Rule(
        "variable-name",
        "error",
        "a variable's name is not valid",
        (each_assignment(variables.variable_name),),
    ),
    Rule(
        "variable-scope",
        "error",
        "an inner scope assigns an outer variable",
        (whole(variables.assigned_inside),),
    ),
    Rule(
        "distributed-variable",
        "error",
        "a distributed Map reads an outer variable",
        (whole(variables.distributed),),
    ),
    Rule(
        "undefined-variable",
        "warning",
        "no state assigns a variable",
        (whole(variables.undefined),),
    ),
    # -- integrations --------------------------------------------------------------------------
    Rule(
        "integration",
        "error",
        "an integration doesn't exist or lacks a parameter",
        (
            each_call(integrations.integration, when=is_unsupported),
            each_task(integrations.uncallable, integrations.is_uncallable),
            each_call(integrations.malformed_function, "lambda"),
            each_call(required_parameters.missing_parameter, when=required_parameters.has_required),
            each_state(
                required_parameters.missing_part_parameter,
                "Map",
                has=("ItemReader", "ResultWriter"),
            ),
            each_state(integrations.reader_and_writer, "Map", has=("ItemReader", "ResultWriter")),
            each_call(service_requests.wrong_request, *service_requests.SERVICES),
        ),
        final=False,
    ),
    Rule(
        "request-parameter",
        "error",
        "a request has no such parameter",
        (each_call(service_requests.unknown_parameter, when=service_requests.is_known),),
        final=False,
    ),
    Rule(
        "request-header",
        "error",
        "a request can't send a header",
        (each_call(service_requests.forbidden_header, "http", "apigateway"),),
        final=False,
        late=True,
    ),
    Rule(
        "qualifier",
        "error",
        "a version or an alias is not valid",
        (each_callee(qualifiers.qualifier),),
        final=False,
        late=True,
    ),
    Rule(
        "express",
        "error",
        "an EXPRESS workflow can't wait or use activities",
        (
            each_task(integrations.express_activity, integrations.is_activity),
            each_call(integrations.express_wait, when=integrations.waits),
            each_scope(integrations.express_map),
        ),
    ),
    Rule(
        "resource",
        "warning",
        "a Resource is not an ARN",
        (each_task(integrations.no_arn, integrations.is_no_arn),),
    ),
    Rule(
        "parameter",
        "warning",
        "a ${…} is not a valid parameter name",
        (whole(parameter_names.no_parameter),),
    ),
    # -- good practice -------------------------------------------------------------------------
    Rule(
        "no-default",
        "warning",
        "a Choice has no Default",
        (each_state(best_practices.no_default, "Choice", lacks=("Default",)),),
    ),
    Rule(
        "unpinned",
        "warning",
        "a call names no version or alias",
        (each_callee(qualifiers.unpinned),),
    ),
    Rule(
        "lambda-retry",
        "warning",
        "a Lambda Task has no Retry",
        (each_task(best_practices.function_without_retry, best_practices.calls_function),),
    ),
    Rule(
        "callback-timeout",
        "warning",
        "a wait for a callback has no time limit",
        (
            each_call(
                best_practices.callback_without_timeout, when=best_practices.waits_for_callback
            ),
        ),
    ),
    Rule(
        "callback-token",
        "warning",
        "the task token isn't sent",
        (each_call(best_practices.callback_without_token, when=best_practices.waits_for_callback),),
    ),
    Rule(
        "job-timeout",
        "warning",
        "a wait for a job has no time limit",
        (each_call(best_practices.job_without_timeout, when=best_practices.waits_for_job),),
    ),
    Rule(
        "heartbeat",
        "warning",
        "the heartbeat is not shorter than the timeout",
        (each_state(best_practices.slow_heartbeat, "Task", has=("HeartbeatSeconds",)),),
    ),
    Rule(
        "map-concurrency",
        "warning",
        "a distributed Map has no MaxConcurrency",
        (each_scope(best_practices.unbounded_map),),
    ),
    Rule(
        "hard-coded",
        "warning",
        "an account or a region is hard-coded",
        (whole(best_practices.hard_coded),),
    ),
    Rule("settings", "error", "a StateMachine's settings are not valid"),
    Rule("unused-silence", "warning", "a silence matches no finding"),
    Rule(
        "log-payload",
        "warning",
        "the log contains inputs and outputs",
        (whole(best_practices.logged_payload),),
    ),
    # -- check --remote ------------------------------------------------------------------------
    Rule("aws", "error", "AWS refuses the definition"),
    Rule("aws-advice", "warning", "AWS warns about the definition"),
    Rule("aws-unasked", "warning", "AWS couldn't be asked"),
    # -- check --env ---------------------------------------------------------------------------
    Rule("role-permission", "warning", "a role lacks a permission"),
    Rule("role-unchecked", "warning", "a role couldn't be compared"),
)
"""In their order: findings about one state come in the order of this table."""

BY_NAME: Final[Mapping[str, Rule]] = {rule.name: rule for rule in (*RULES, *service_calls.RULES)}
"""With the rules of `service_calls`, which run apart: they read the models of AWS's services."""
