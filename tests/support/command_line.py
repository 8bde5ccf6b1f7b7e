"""The command line, run in the tests' process, and a project that it is run on."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from sfn_release.cli import main
from support.repository import Repository

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


ROLE = "arn:aws:iam::000000000000:role/shop"


_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ran:
    """A finished command: its exit code and its output."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON object on stdout."""
        return json.loads(self.out)


@dataclass
class Project(Repository):
    """A project that is run by command lines, and the environment that its tests deploy to."""

    environment: str = "local"
    endpoint: str = ""

    @property
    def named(self) -> str:
        """How output names the environment."""
        return "local (not AWS)" if self.environment == "local" else self.environment

    def run(self, *arguments: str, stdin: str | None = None) -> Ran:
        """Run a command line here, in this process."""
        return run("-C", str(self.root), *arguments, stdin=stdin)

    def ok(self, *arguments: str, stdin: str | None = None) -> Ran:
        """Run a command line that must succeed."""
        ran = self.run(*arguments, stdin=stdin)
        assert ran.code == 0, ran.out + ran.err
        return ran

    def json(self, *arguments: str) -> Any:
        """Return the JSON object of a command that must succeed."""
        return self.ok("--json", *arguments).json

    def publish(self, version: str, *options: str, **results: Any) -> Ran:
        """Commit *results* and publish them."""
        self.commit(**results)
        return self.ok("publish", version, *options)


def run(*arguments: str, stdin: str | None = None) -> Ran:
    """Run a command line in this process, in a pipe."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch("sys.stdin", io.StringIO(stdin or "")),
    ):
        code = main(arguments)
    return Ran(code, out.getvalue(), err.getvalue())


def config(environment: str, endpoint: str) -> str:
    """Return a releases.toml; state machines on the shared endpoint have names of their own."""
    common = f'role_arn = "{ROLE}"\nparameters = {{ Who = "Alice" }}\n'
    text = f'[project]\nname = "shop"\ndefault_environment = "{environment}"\n'
    text += f"\n[environments.local]\n{common}"
    if environment == "aws":
        text += f'\n[environments.aws]\nregion = "us-east-1"\nendpoint_url = "{endpoint}"\n'
        text += f'name = "{{workflow}}-{next(_numbers)}"\n{common}'
    return text
