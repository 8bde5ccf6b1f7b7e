"""Parses and builds ARNs of Step Functions.

arn:aws:states:REGION:ACCOUNT:stateMachine:NAME            a state machine
arn:aws:states:REGION:ACCOUNT:stateMachine:NAME:7          its version 7
arn:aws:states:REGION:ACCOUNT:stateMachine:NAME:live       its alias "live"
arn:aws:states:REGION:ACCOUNT:stateMachine:NAME/label      a Distributed Map inside it
arn:aws:states:REGION:ACCOUNT:execution:NAME:EXECUTION     a STANDARD execution
arn:aws:states:REGION:ACCOUNT:express:NAME:EXECUTION:ID    an EXPRESS execution
arn:aws:states:REGION:ACCOUNT:activity:NAME                an activity
arn:aws:states:REGION:ACCOUNT:mapRun:NAME/label:ID         a map run; its child executions:
arn:aws:states:REGION:ACCOUNT:execution:NAME/label:ID      STANDARD
arn:aws:states:REGION:ACCOUNT:express:NAME/label:NAME:ID   EXPRESS
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sfn_release.local_service.api import api_errors

_PARTS = 6  # arn, partition, service, region, account, resource
_MACHINE = "stateMachine"
_ACTIVITY = "activity"
_DIGITS = 18  # of a number that always fits the 64 bits of SQLite
_NO_VERSION = 10**_DIGITS
_NAME = re.compile(r"[^\x00-\x20\x7f-\x9f\s<>{}\[\]?*\"#%\\^|~`$&,;:/\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True)
class ArnScope:
    """The region and account of a request; it builds their ARNs."""

    region: str
    account: str

    @property
    def key(self) -> str:
        """The key of a scope in the store."""
        return f"{self.region}:{self.account}"

    def machine(self, name: str) -> str:
        """Return the ARN of state machine *name*."""
        return f"{self._prefix}:{_MACHINE}:{name}"

    def execution(self, machine: str, name: str) -> str:
        """Return the ARN of a STANDARD execution."""
        return f"{self._prefix}:execution:{machine}:{name}"

    def express(self, machine: str, name: str, id: str) -> str:
        """Return the ARN of an EXPRESS execution, which *name* alone doesn't identify."""
        return f"{self._prefix}:express:{machine}:{name}:{id}"

    def map_run(self, machine: str) -> str:
        """Return the start of the ARN of a map run of state machine *machine*."""
        return f"{self._prefix}:mapRun:{machine}"

    def activity(self, name: str) -> str:
        """Return the ARN of activity *name*."""
        return f"{self._prefix}:{_ACTIVITY}:{name}"

    def tested(self, machine: str, id: str) -> str:
        """Return the ARN of the execution that TestState pretends."""
        return f"{self._prefix}:express:{machine}:{id}"

    @property
    def _prefix(self) -> str:
        return f"arn:aws:states:{self.region}:{self.account}"


@dataclass(frozen=True)
class MachineArn:
    """A state machine ARN in parts; *qualifier* is a version number, an alias, or empty."""

    text: str
    name: str
    qualifier: str = ""

    @property
    def version(self) -> int | None:
        """The version number, None for an alias or an unqualified ARN.

        A number beyond all possible versions becomes a number that no version has.
        """
        if not self.qualifier.isdecimal():
            return None
        return int(self.qualifier) if len(self.qualifier) <= _DIGITS else _NO_VERSION

    @property
    def alias(self) -> str | None:
        """The alias name, None for a version or an unqualified ARN."""
        return None if self.qualifier.isdecimal() else self.qualifier or None

    @property
    def machine(self) -> str:
        """The unqualified ARN."""
        return self.text.removesuffix(f":{self.qualifier}") if self.qualifier else self.text


def machine_arn(text: str) -> MachineArn:
    """Parse the ARN of a state machine, version or alias.

    Raises InvalidArn, and ValidationException for the label of a Distributed Map.
    """
    kind, fields = _resource(text)
    if kind != _MACHINE:
        raise api_errors.invalid_arn(f"Resource type not valid in this context: {kind}")
    if "/" in text:
        raise api_errors.validation(
            f"This operation does not support the ARN of a Distributed Map state: '{text}'"
        )
    if len(fields) not in (1, 2) or not all(fields):
        raise api_errors.invalid_arn(f"Invalid ARN: {text}")
    return MachineArn(text, *fields)


def unqualified(text: str) -> MachineArn:
    """Parse the ARN of a state machine itself.

    Raises ValidationException for the ARN of a version or an alias.
    """
    arn = machine_arn(text)
    if arn.qualifier:
        raise api_errors.validation(
            f"A qualified state machine ARN is not supported here: '{text}'"
        )
    return arn


def changeable(text: str) -> MachineArn:
    """Parse the ARN of a state machine to update or publish.

    With a version or alias, AWS finds no state machine of that whole name, as recorded: raises
    StateMachineDoesNotExist.
    """
    arn = machine_arn(text)
    if arn.qualifier:
        raise api_errors.no_state_machine(text)
    return arn


def execution_arn(text: str) -> str:
    """Return *text*, the ARN of a STANDARD execution. Raises InvalidArn for anything else."""
    kind, fields = _resource(text)
    if kind != "execution":
        raise api_errors.invalid_arn(f"Resource type not valid in this context: {kind}")
    if len(fields) not in (2, 3) or not all(fields):
        raise api_errors.invalid_arn(f"Invalid ARN: {text}")
    return text


def described_arn(text: str) -> str:
    """Return *text*, the ARN of an execution that the API describes. Raises InvalidArn.

    That is a STANDARD execution, or an EXPRESS child execution of a map run.
    """
    kind, fields = _resource(text)
    if kind == "express" and "/" in fields[0]:
        return text
    return execution_arn(text)


def map_run_arn(text: str) -> str:
    """Return *text*, the ARN of a map run. Raises InvalidArn for anything else."""
    kind, fields = _resource(text)
    if kind != "mapRun":
        raise api_errors.invalid_arn(f"Resource type not valid in this context: {kind}")
    if len(fields) != 2 or not all(fields):  # noqa: PLR2004 - machine/label, id
        raise api_errors.invalid_arn(f"Invalid ARN: {text}")
    return text


def activity_name(text: str) -> str:
    """Return the name in the ARN of an activity. Raises InvalidArn for anything else."""
    kind, fields = _resource(text)
    if kind != _ACTIVITY:
        raise api_errors.invalid_arn(f"Resource type not valid in this context: {kind}")
    if len(fields) != 1 or not all(fields):
        raise api_errors.invalid_arn(f"Invalid ARN: {text}")
    return fields[0]


def is_activity(text: str) -> bool:
    """Return whether *text* is the ARN of an activity. Raises InvalidArn if it isn't an ARN."""
    return _resource(text)[0] == _ACTIVITY


def check_name(name: str) -> None:
    """Raise InvalidName for a name that AWS refuses: of a machine, an execution, an activity."""
    if not _NAME.fullmatch(name):
        raise api_errors.invalid_name(name)


def _resource(text: str) -> tuple[str, list[str]]:
    parts = text.split(":", _PARTS - 1)
    if parts[0] != "arn":
        raise api_errors.invalid_arn(f"Invalid ARN prefix: {text}")
    if len(parts) < _PARTS or parts[2] != "states" or ":" not in parts[5]:
        raise api_errors.invalid_arn(f"Invalid ARN: {text}")
    kind, *fields = parts[5].split(":")
    return kind, fields
