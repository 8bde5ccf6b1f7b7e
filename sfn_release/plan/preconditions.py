"""The conditions that a workflow meets before it is sent to Step Functions: one list. Pure.

`deployment.prepare` asks every condition of every workflow that it would write, so `plan`,
`publish`, `deploy` and `promote` refuse the same, before a version is taken and before anything is
written. `env check` asks the same conditions of every workflow of the work tree. To add one, write
a function that takes a `Submission` and yields an `UnmetPrecondition` for each problem, and add it
to `CONDITIONS`.

The limits are from the Step Functions API reference (CreateStateMachine, TagResource,
CreateStateMachineAlias) and of botocore's model of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfn_release.checks.finding import Finding
from sfn_release.errors import ConfigError, DefinitionError, SfnReleaseError
from sfn_release.project import aws_rules
from sfn_release.release.rendering import MAX_DEFINITION, Rendered

MAX_TAGS = 50
MAX_VERSIONS = 1000
"""Versions of one state machine; a soft quota."""
MAX_ALIASES = 100
"""Aliases of one state machine; a soft quota."""
_MAX_DESCRIPTION = 256
_REUSE = (60, 900)  # seconds: kmsDataKeyReusePeriodSeconds
_LEVELS = ("ALL", "ERROR", "FATAL", "OFF")
_SHOWN = 20  # problems in one error

_GROUP = re.compile(r"arn:aws[\w-]*:logs:[a-z0-9-]+:\d{12}:log-group:[\w./#-]{1,512}:\*", re.ASCII)
_LOG_GROUP = "arn:aws:logs:eu-west-1:111111111111:log-group:/shop/workflows:*"
_KEY = re.compile(
    r"(?:arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:)?(?:key/[\w-]+|alias/[\w/-]+)|[\w-]{1,256}", re.ASCII
)


@dataclass(frozen=True)
class Submission:
    """One workflow as a deployment would send it to *environment*.

    *tags* are all tags that the state machine would have then, *descriptions* the texts that its
    new version and its alias would get. *findings* are errors in the definition. *versions* and
    *aliases* count those of the state machine afterwards, 0 where that is far from a quota.
    """

    environment: str
    rendered: Rendered
    alias: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    descriptions: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    versions: int = 0
    aliases: int = 0


@dataclass(frozen=True)
class UnmetPrecondition:
    """A condition that a workflow does not meet. *error* is the kind of error that it is."""

    message: str
    why: str = ""
    fix: str = ""
    error: type[SfnReleaseError] = ConfigError

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, *self.why.split("\n")) if part.strip())


def unmet(sending: Submission) -> tuple[UnmetPrecondition, ...]:
    """Return everything that stands against sending a workflow."""
    return tuple(problem for condition in CONDITIONS for problem in condition(sending))


def refusal(environment: str, problems: Sequence[UnmetPrecondition]) -> SfnReleaseError:
    """Return the error that shows all of *problems*, of which there is at least one."""
    first = problems[0]
    if len(problems) == 1:
        return first.error(first.message, why=first.why, fix=first.fix)
    shown = [str(problem) for problem in problems[:_SHOWN]]
    more = [f"… and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
    fixes = dict.fromkeys(problem.fix for problem in problems if problem.fix)
    return first.error(
        f"{len(problems)} problems prevent a deployment to {environment}.",
        why="\n  ".join([*shown, *more]),
        fix="\n  ".join(list(fixes)[:_SHOWN]),
    )


def _name(sending: Submission) -> Iterator[UnmetPrecondition]:
    problem = aws_rules.state_machine_name(sending.rendered.name)
    if problem:
        yield UnmetPrecondition(
            f"{sending.rendered.name!r} can't be the name of a state machine in"
            f" {sending.environment}.",
            problem,
            f"Rename the workflow {sending.rendered.workflow!r}, or change `name` in"
            f" [environments.{sending.environment}].",
        )


def _size(sending: Submission) -> Iterator[UnmetPrecondition]:
    text = json.dumps(sending.rendered.definition, separators=(",", ":"), ensure_ascii=False)
    size = len(text.encode(errors="surrogatepass"))
    if size > MAX_DEFINITION:
        yield UnmetPrecondition(
            f"The definition of {sending.rendered.workflow} has {size:,} bytes in"
            f" {sending.environment}; Step Functions allows {MAX_DEFINITION:,}.",
            fix="Move a part into a state machine of its own and start it from a Task.",
            error=DefinitionError,
        )


def _definition(sending: Submission) -> Iterator[UnmetPrecondition]:
    if sending.findings:
        count = len(sending.findings)
        yield UnmetPrecondition(
            f"The definition of {sending.rendered.workflow} has"
            f" {'an error' if count == 1 else f'{count} errors'} once the parameters of"
            f" {sending.environment} are filled in.",
            "\n  ".join(str(finding) for finding in sending.findings),
            "Correct the parameter in releases.toml, or the field that it fills.",
            DefinitionError,
        )


def _role(sending: Submission) -> Iterator[UnmetPrecondition]:
    problem = aws_rules.role_arn(sending.rendered.role)
    if problem:
        yield UnmetPrecondition(
            f"{sending.rendered.role!r} can't be the role of {sending.rendered.workflow}.",
            problem,
            f"Correct `role_arn` in [environments.{sending.environment}].",
        )


def _logging(sending: Submission) -> Iterator[UnmetPrecondition]:
    workflow, logging = sending.rendered.workflow, sending.rendered.logging
    level, destinations = logging["level"], logging.get("destinations") or []
    if not isinstance(destinations, list | tuple):
        destinations = [destinations]
    if level not in _LEVELS:
        yield UnmetPrecondition(
            f"{workflow} logs at the level {level!r}.",
            f"Step Functions has the levels {', '.join(_LEVELS)}.",
            "Correct `level` in `logging`.",
        )
    if not isinstance(logging["includeExecutionData"], bool):
        yield _no_boolean(workflow, "includeExecutionData", logging["includeExecutionData"])
    if len(destinations) > 1:
        yield UnmetPrecondition(
            f"{workflow} logs to {len(destinations)} places.",
            "Step Functions allows exactly one log group.",
            "Keep one of the `destinations` of `logging`.",
        )
    if level != "OFF" and not destinations:
        yield UnmetPrecondition(
            f"{workflow} logs {level} but has no destination.",
            fix="Add `destinations` with a log group to `logging`.",
        )
    for destination in destinations:
        group = _member(destination, "cloudWatchLogsLogGroup", "logGroupArn")
        if not isinstance(group, str) or not _GROUP.fullmatch(group):
            yield UnmetPrecondition(
                f"{group!r}, which {workflow} logs to, isn't a log group that Step Functions"
                " accepts.",
                "Its ARN ends with :*.",
                f"For example:  {_LOG_GROUP}",
            )


def _tracing(sending: Submission) -> Iterator[UnmetPrecondition]:
    enabled = sending.rendered.tracing["enabled"]
    if not isinstance(enabled, bool):
        yield _no_boolean(sending.rendered.workflow, "enabled", enabled)


def _encryption(sending: Submission) -> Iterator[UnmetPrecondition]:
    workflow, encryption = sending.rendered.workflow, sending.rendered.encryption
    kind = encryption["type"]
    if kind not in ("AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"):
        yield UnmetPrecondition(
            f"The encryption of {workflow} is of the type {kind!r}.",
            fix="Write AWS_OWNED_KEY or CUSTOMER_MANAGED_KMS_KEY.",
        )
    if kind != "CUSTOMER_MANAGED_KMS_KEY":
        return
    key, seconds = encryption["kmsKeyId"], encryption["kmsDataKeyReusePeriodSeconds"]
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        yield UnmetPrecondition(
            f"{key!r} can't be the KMS key of {workflow}.",
            "It is the id or the ARN of a key, or of an alias.",
            "For example:  arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-…",
        )
    low, high = _REUSE
    whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not whole or not low <= seconds <= high:
        yield UnmetPrecondition(
            f"kmsDataKeyReusePeriodSeconds of {workflow} is {seconds!r}.",
            fix=f"Use a whole number of seconds from {low} to {high}.",
        )


def _tags(sending: Submission) -> Iterator[UnmetPrecondition]:
    workflow = sending.rendered.workflow
    for key, value in sending.rendered.tags.items():
        for text, rule in ((key, aws_rules.tag_key), (value, aws_rules.tag_value)):
            problem = rule(text)
            if problem:
                yield UnmetPrecondition(
                    f"{text!r} can't be in a tag of {workflow}.", problem, "Correct `tags`."
                )
    own = [key for key in sending.tags if not key.lower().startswith("aws:")]
    if len(own) > MAX_TAGS:
        yield UnmetPrecondition(
            f"{sending.rendered.name} would have {len(own)} tags.",
            f"AWS allows at most {MAX_TAGS}, including those that sfn-release writes.",
            "Remove some from `tags`, or delete some that other tools added.",
        )
    for key, value in sending.tags.items():
        if key not in sending.rendered.tags and key.startswith("sfn-release:"):
            problem = aws_rules.tag_value(value)
            if problem:
                yield UnmetPrecondition(f"{value!r} can't be the value of the tag {key}.", problem)


def _alias(sending: Submission) -> Iterator[UnmetPrecondition]:
    problem = aws_rules.alias(sending.alias)
    if problem:
        yield UnmetPrecondition(
            f"{sending.alias!r} can't be the alias of {sending.environment}.",
            problem,
            f"Correct `alias` in [environments.{sending.environment}].",
        )


def _descriptions(sending: Submission) -> Iterator[UnmetPrecondition]:
    longest = max(sending.descriptions, key=len, default="")
    if len(longest) > _MAX_DESCRIPTION:
        yield UnmetPrecondition(
            f"The version is too long for the descriptions of {sending.rendered.name}.",
            f"{longest[:40]}… has {len(longest)} characters, and AWS takes {_MAX_DESCRIPTION}.",
            "Publish under a shorter version.",
        )


def _quotas(sending: Submission) -> Iterator[UnmetPrecondition]:
    name = sending.rendered.name
    if sending.versions > MAX_VERSIONS:
        yield UnmetPrecondition(
            f"{name} has {MAX_VERSIONS} versions, and this needs one more.",
            "AWS allows at most that many for one state machine.",
            f"Delete old ones:  sfn-release prune --env {sending.environment}\n"
            "  or ask AWS for a higher quota.",
        )
    if sending.aliases > MAX_ALIASES:
        yield UnmetPrecondition(
            f"{name} has {MAX_ALIASES} aliases, and this needs one more.",
            "AWS allows at most that many for one state machine.",
            "Delete an alias that has no callers, or ask AWS for a higher quota.",
        )


CONDITIONS: tuple[Callable[[Submission], Iterator[UnmetPrecondition]], ...] = (
    _name,
    _size,
    _definition,
    _role,
    _logging,
    _tracing,
    _encryption,
    _tags,
    _alias,
    _descriptions,
    _quotas,
)
"""Every condition, in the order in which problems are shown."""


def _no_boolean(workflow: str, member: str, value: Any) -> UnmetPrecondition:
    return UnmetPrecondition(
        f"`{member}` of {workflow} is {value!r}.", fix="Write true or false, without quotes."
    )


def _member(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
