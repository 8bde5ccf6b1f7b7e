"""Rules for single values of releases.toml: texts, numbers, times, names.

A rule takes a value, and returns the problem with it as a sentence, or None. To add a rule, you
write its function and use it in `schema`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from sfn_release.asl.placeholders import NAME, REFERENCE, no_parameters
from sfn_release.names import ENVIRONMENT_NAME, PROJECT_NAME
from sfn_release.project.parameter_sources import FORMS, SOURCE_SCHEMA, source_of
from sfn_release.project.parameter_values import problem
from sfn_release.project.state_locations import location_problem
from sfn_release.project.terraform_addresses import parse_address, parse_attribute
from sfn_release.project.value_rule import TableTest, ValueRule, said, whole, without
from sfn_release.text import did_you_mean, parse_duration

GIVEN = frozenset({"AWS::Region", "AWS::AccountId", "AWS::Partition"})
"""The parameters that every environment has without declaring them."""

_FACTOR = re.compile(r"[1-9][0-9]?(\.[0-9]{1,2})?x")
_DURATION = re.compile(r"(?:\d{1,4}[dhms])+")
_LONGEST = timedelta(days=30)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OUTPUT = re.compile(r"[\w-]{1,255}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ROOTED = re.compile(r"^(?:/|\\|[A-Za-z]:)|\\")
_UPWARDS = re.compile(r"(?:^|/)\.\.(?:/|$)")
_IN_GIT = re.compile(r"(?:^|/)\.git(?:/|$)")
_NOT_IN_OUTPUT = re.compile(r"[\x00-,./:-@\[-^`{-\x7f]")  # ASCII but letters, digits, '-' and '_'
_PRINTABLE = without(_CONTROL)


def _all(*schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {"allOf": [*schemas]}


_RELATIVE = _all({"minLength": 1}, _PRINTABLE, without(_ROOTED))
_BELOW = _all({"minLength": 1}, _PRINTABLE, without(_ROOTED), without(_UPWARDS))


anything = ValueRule(lambda _: None)
"""Accepts every value."""

always = TableTest(lambda _: True, {})
"""Accepts every table."""


def filled(rule: ValueRule) -> ValueRule:
    """Return *rule* for a text with placeholders, which are filled later with short values."""

    @said(
        {"anyOf": [{"pattern": r"\$\{"}, rule.schema]},
        unsaid=f"Placeholders are checked when they are filled. {rule.unsaid}".rstrip(),
    )
    def of_template(value: str) -> str | None:
        if next(no_parameters(value), None):
            return rule(value)
        return rule(REFERENCE.sub(lambda match: "${" if match["escape"] else "x", value))

    return of_template


def one_of(*words: str) -> ValueRule:
    """Return the rule that a value is one of *words*."""

    @said({"enum": [*words]})
    def rule(value: str) -> str | None:
        if value in words:
            return None
        return f"It must be one of {', '.join(words)}. {did_you_mean(value, words)}".rstrip()

    return rule


def between(low: int, high: int) -> ValueRule:
    """Return the rule that a number is *low* to *high*."""

    @said({"minimum": low, "maximum": high})
    def rule(value: int) -> str | None:
        return None if low <= value <= high else f"It must be a number from {low} to {high}."

    return rule


def has(key: str) -> ValueRule:
    """Return the rule that a table has the member *key*."""

    @said({"required": [key]})
    def rule(value: dict[str, Any]) -> str | None:
        return None if key in value else f"It needs `{key}`."

    return rule


@said({"minLength": 1, **_PRINTABLE})
def text(value: str) -> str | None:
    """Check that a text isn't empty and has no control characters."""
    return None if value and value.isprintable() else "It is empty or contains control characters."


@said({"allOf": [text.schema, {"pattern": "[^ ]"}]})
def words(value: str) -> str | None:
    """Check that a text isn't blank and has no control characters."""
    return text(value) if value.strip() else "It is blank."


@said(whole(_FACTOR))
def factor(value: str) -> str | None:
    """Check a multiple: ``2x``, ``1.5x``."""
    if _FACTOR.fullmatch(value):
        return None
    return "It must be a number from 1 to 99 with an x, such as 2x or 1.5x."


@said(whole(_DURATION), unsaid="At most 30 days.")
def duration(value: str) -> str | None:
    """Check a duration."""
    if not _DURATION.fullmatch(value) or not timedelta() < parse_duration(value) <= _LONGEST:
        return "Write a duration such as 90s, 5m, 2h, 1h30m or 2d, up to 30 days."
    return None


@said(
    {
        "anyOf": [
            {"type": "string", **duration.schema},
            {"type": "integer", "minimum": 1, "maximum": int(_LONGEST.total_seconds())},
        ]
    },
    unsaid=duration.unsaid,
)
def timeout(value: object) -> str | None:
    """Check a limit of time: a whole number of seconds, or a duration."""
    if isinstance(value, str):
        return duration(value)
    if type(value) is not int or not 0 < value <= _LONGEST.total_seconds():
        return "It must be a whole number of seconds, or a duration such as 90s or 5m."
    return None


@said(whole(_VARIABLE))
def variable(value: str) -> str | None:
    """Check the name of an environment variable."""
    if not _VARIABLE.fullmatch(value):
        return "It must be the name of an environment variable: letters, digits and '_'."
    return None


@said({"pattern": f"^(?:{PROJECT_NAME.pattern})$"})
def project_name(value: str) -> str | None:
    """Check a project's name: a part of Git refs and the value of an AWS tag."""
    return None if PROJECT_NAME.accepts(value) else PROJECT_NAME.form


@said({"pattern": f"^(?:{ENVIRONMENT_NAME.pattern})$"})
def environment_name(value: str) -> str | None:
    """Check an environment's name: a part of Git refs, the value of an AWS tag, an argument."""
    return None if ENVIRONMENT_NAME.accepts(value) else ENVIRONMENT_NAME.form


@said(_all(_BELOW, without(_IN_GIT)))
def workflows(value: str) -> str | None:
    """Check the workflows folder: a path below the folder of releases.toml."""
    path = PurePosixPath(value)
    if path.is_absolute() or re.match(r"[A-Za-z]:|\\", value):
        return "It must be relative to the folder of releases.toml."
    if "\\" in value or not value.isprintable():
        return "Separate folders with '/', and use no control characters."
    if not path.parts:
        return "The modules need a folder of their own."
    if ".." in path.parts:
        return "It must stay inside the folder of releases.toml."
    if ".git" in path.parts:
        return "It can't be inside Git's folder."
    return None


@said(_BELOW)
def project_file(value: str) -> str | None:
    """Check the path of a file below the folder of releases.toml."""
    path = PurePosixPath(value)
    if ".." in path.parts:
        return "It must stay inside the folder of releases.toml."
    return relative_file(value)


@said(_RELATIVE)
def relative_file(value: str) -> str | None:
    """Check the path of a file that is given relative to a folder."""
    path = PurePosixPath(value)
    if path.is_absolute() or re.match(r"[A-Za-z]:|\\", value):
        return "It must be a relative path."
    if "\\" in value or not value.isprintable() or not path.name or path.name == "..":
        return "It must be the path of a file, with '/' between folders."
    return None


@said({"pattern": "[:.]"}, unsaid="A module and a function, such as app.charge:handler.")
def handler(value: str) -> str | None:
    """Check the name of a Python handler."""
    from sfn_release.tasks.handler_specs import handler_problem

    return handler_problem(value)


@said({"minLength": 1}, unsaid="The name or ARN of a Lambda function, or of a parameter.")
def function(value: str) -> str | None:
    """Check the name of a Lambda function, or of the parameter that has it."""
    from sfn_release.tasks.function_names import parse_function

    if parse_function(value) is None and not NAME.fullmatch(value):
        return "It must be the name or ARN of a Lambda function, or the name of a parameter."
    return None


@said({"enum": ["all-at-once"]})
def all_at_once(value: str) -> str | None:
    """Check a strategy that isn't a table."""
    if value == "all-at-once":
        return None
    return 'Write "all-at-once", or a table with  type = "canary"  or  type = "linear".'


@said({"allOf": [whole(NAME), {"not": {"enum": sorted(GIVEN)}}]})
def parameter_name(value: str) -> str | None:
    """Check the name in ``${Name}``."""
    if not NAME.fullmatch(value):
        return (
            "It must start with a letter or '_', and have letters, digits and '_', with '.' or '::'"
            " between them."
        )
    if value in GIVEN:
        return f"${{{value}}} is built in: its value follows from the environment."
    return None


@said({}, unsaid="JSON has no dates and times. Whole numbers go up to 2^53 - 1.")
def parameter(value: Any) -> str | None:
    """Check the value of a parameter."""
    return problem(value)


@said(SOURCE_SCHEMA)
def one_source(value: dict[str, Any]) -> str | None:
    """Check that a parameter has one source, and all of it."""
    if source_of(value) is None:
        return "A parameter has one of these sources:\n    " + "\n    ".join(FORMS)
    return None


@said(
    {"allOf": [{"minLength": 1}, _PRINTABLE]},
    unsaid="s3://bucket/key, an https URL, or the path of a file.",
)
def state(value: str) -> str | None:
    """Check the location of a Terraform state."""
    return location_problem(value)


@said({"minLength": 1}, unsaid="An address as Terraform writes it.")
def resource(value: str) -> str | None:
    """Check the address of a Terraform resource."""
    if parse_address(value) is None:
        return (
            "Write a resource's address as Terraform does: aws_lambda_function.charge,"
            ' module.shop.aws_sqs_queue.orders["eu"], data.aws_caller_identity.current.'
        )
    return None


@said({"minLength": 1}, unsaid="A path of names and indices.")
def attribute(value: str) -> str | None:
    """Check the path of an attribute of a Terraform resource."""
    if parse_attribute(value) is None:
        return 'Write an attribute such as arn, vpc_config.0.vpc_id or tags["team"].'
    return None


@said(_all({"minLength": 1, "maxLength": 255}, without(_NOT_IN_OUTPUT)))
def output(value: str) -> str | None:
    """Check the name of an output, of CloudFormation or Terraform."""
    if not _OUTPUT.fullmatch(value):
        return "An output's name has letters, digits, '_' and '-'."
    return None
