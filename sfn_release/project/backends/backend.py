"""Backend: everything that differs between the kinds of Step Functions, as one value each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfn_release.aws.clients import Aws
    from sfn_release.project.environment import Environment
    from sfn_release.project.table_rule import TableRule


@dataclass(frozen=True)
class Clone:
    """The parts of this clone that a backend may use to connect.

    *root* is the project's folder, *data* our own folder inside the Git folder, which all projects
    of the repository share. *source_of* takes an environment and the name of a state machine, and
    returns the path of the module that it was released from, or None if that isn't known.
    """

    project: str
    root: Path
    data: Path
    source_of: Callable[[str, str], str | None]
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    say: Callable[[str], None]


@dataclass(frozen=True)
class Backend:
    """One kind of Step Functions. *name* is how releases.toml writes it, *label* is for output.

    *needs_credentials*: you connect with AWS credentials. *has_iam*: IAM checks who may deploy.
    *has_mocks*: mock files answer its tasks. *on_this_machine*: only this user sees its state
    machines. *can_serve*: `local serve` can offer it over HTTP. *private*: its deployments are
    recorded in this clone only, so a deployment needs neither a remote nor a committed
    releases.toml, and a release stays a trial. *services* are the AWS services that a deployment
    can call there, by their botocore ids.

    *region*, *account* and *role* are used where releases.toml names none. *partition* returns the
    partition of a region, or None where ARNs of every partition work.

    *rules* check the table of an environment: its keys without `backend`. *connect* returns the
    services of an environment.
    """

    name: str
    label: str
    private: bool
    needs_credentials: bool
    has_iam: bool
    has_mocks: bool
    on_this_machine: bool
    can_serve: bool
    services: tuple[str, ...]
    partition: Callable[[str], str | None] = field(repr=False)
    rules: tuple[TableRule, ...] = field(repr=False)
    connect: Callable[[Environment, Clone], Aws] = field(repr=False)
    region: str = ""
    account: str | None = None
    role: str | None = None

    def has(self, service: str) -> bool:
        """Whether a deployment can call an AWS service there, such as ``lambda``."""
        return service in self.services
