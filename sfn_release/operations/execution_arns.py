"""The ARN of an execution in parts, and the environments of a project that it may belong to. Pure.

arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME       STANDARD
arn:aws:states:REGION:ACCOUNT:express:MACHINE:NAME:ID      EXPRESS
MACHINE/LABEL in place of MACHINE is a child execution of a distributed Map.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from sfn_release.project import Environment

_START = r"arn:(?P<partition>aws[a-z-]*):states:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12})"
_ARN = re.compile(_START + r":(?P<kind>execution|express):(?P<machine>[^:\s]+):(?P<name>\S+)")
_OTHER = re.compile(_START + r":(?P<kind>[A-Za-z]+):(?P<rest>\S+)")
_IN_URL = re.compile(r"arn:aws[a-z-]*:states:[^?&#\s]+")


@dataclass(frozen=True)
class ExecutionArn:
    """The ARN *text* of an execution. *machine* is the name of its state machine.

    *label* names the distributed Map that a child execution belongs to, "" for other executions.
    """

    text: str
    partition: str
    region: str
    account: str
    machine: str
    label: str
    name: str
    express: bool

    @property
    def state_machine_arn(self) -> str:
        """The ARN of its state machine."""
        start = f"arn:{self.partition}:states:{self.region}:{self.account}"
        return f"{start}:stateMachine:{self.machine}"

    def may_be_in(self, environment: Environment) -> bool:
        """Return whether an environment is in the same region, and perhaps in the same account."""
        known = environment.given
        region, account = known.get("AWS::Region"), known.get("AWS::AccountId")
        return region == self.region and account in {None, self.account}


def is_execution(text: str) -> bool:
    """Return whether *text* is meant as an ARN, or as a link into the AWS console, not a file."""
    return text.startswith("arn:") or (text.startswith("https://") and "arn:aws" in unquote(text))


def parse_execution_arn(text: str) -> ExecutionArn:
    """Parse an execution's ARN, or the link of its page in the AWS console. Raises UsageError."""
    linked = _IN_URL.search(unquote(text)) if text.startswith("https://") else None
    arn = linked[0] if linked else text
    found = _ARN.fullmatch(arn)
    if found is None:
        raise _not_an_execution(arn)
    machine, _, label = found["machine"].partition("/")
    return ExecutionArn(
        arn,
        found["partition"],
        found["region"],
        found["account"],
        machine,
        label,
        found["name"],
        found["kind"] == "express",
    )


def _not_an_execution(arn: str) -> UsageError:
    other = _OTHER.fullmatch(arn)
    options = {
        "stateMachine": ("state machine", "--state-machine-arn"),
        "mapRun": ("map run", "--map-run-arn"),
    }
    if other is None or other["kind"] not in options:
        return UsageError(
            f"{arn!r} is not the ARN of an execution.",
            fix="Write  arn:aws:states:REGION:ACCOUNT:execution:STATE_MACHINE:NAME",
        )
    noun, option = options[other["kind"]]
    return UsageError(
        f"{arn} is a {noun}, not an execution.",
        fix=f"List its executions:  aws stepfunctions list-executions {option} {arn}",
    )
