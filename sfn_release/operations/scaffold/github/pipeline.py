"""The pieces that every workflow file of the pipeline is made of: text, set-up steps, names."""

from __future__ import annotations

import json
import string
from collections.abc import Iterable
from dataclasses import dataclass

from sfn_release.operations.scaffold.github.stages import Stage
from sfn_release.operations.scaffold.installation import Install

# Tags of actions can be moved; commits can't. Each stands with the version that it is.
CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0"
PYTHON = "actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0"
CREDENTIALS = (
    "aws-actions/configure-aws-credentials@a03048d87541d1d9fcf2ecf528a4a65ba9bd7838 # v5.0.0"
)
UV = "astral-sh/setup-uv@d0cc045d04ccac9d8b7881df0226f9e82c39688e # v6.8.0"

HOUR = 3600  # seconds that the credentials of a job live unless it asks for more

_CREDENTIALS = """\
      - uses: %action
        with:
          role-to-assume: ${{ vars.AWS_ROLE_ARN }}
          aws-region: %region%session
"""


@dataclass(frozen=True)
class Pipeline:
    """Everything that the workflow files of one project share.

    *folder* is the project's below the repository's root, "" for the root itself. *group* starts
    the names of files and concurrency groups. *tests* are the commands that run its
    tests.
    """

    project: str
    folder: str
    group: str
    tag: str
    ledger: str
    chain: tuple[Stage, ...]
    install: Install
    tests: tuple[str, ...]
    python: str

    def setup(self) -> str:
        """Return the steps that check out the commit and install sfn-release."""
        lines = [
            f"      - uses: {CHECKOUT}",
            "        with:",
            "          fetch-depth: 1 # sfn-release itself fetches what it needs of the ledger",
            f"      - uses: {PYTHON}",
            "        with:",
            f"          python-version: {quoted(self.python)}",
        ]
        if self.install.uv:
            lines.append(f"      - uses: {UV}")
        lines += ["      - name: Install sfn-release", "        run: |"]
        lines += [f"          {command}" for command in self.install.commands]
        return "\n".join(lines) + "\n"

    def defaults(self) -> str:
        """Return the block that runs every command in the project's folder."""
        if not self.folder:
            return ""
        return f"\ndefaults:\n  run:\n    working-directory: {quoted(self.folder)}\n"


class _Text(string.Template):
    """Text with ``%name`` to fill, so that GitHub's own ``${{ … }}`` reads as it is."""

    delimiter = "%"


def fill(template: str, **values: object) -> str:
    """Return *template* with every ``%name`` filled; raises KeyError for one without a value."""
    return _Text(template).substitute(values)


def credentials(region: str, *, seconds: int = HOUR) -> str:
    """Return the step that gets AWS credentials by OIDC, for one job.

    *region* is YAML. *seconds* is how long they must live, which is an hour if nothing is said:
    https://github.com/aws-actions/configure-aws-credentials#options
    """
    session = "" if seconds <= HOUR else f"\n          role-duration-seconds: {seconds}"
    return fill(_CREDENTIALS, action=CREDENTIALS, region=region, session=session)


def variables(names: Iterable[str], indent: str = "      ") -> str:
    """Return the lines of ``env`` that hand on variables of the GitHub environment."""
    return "".join(f"{indent}{name}: ${{{{ vars.{name} }}}}\n" for name in names)


def env(*blocks: str) -> str:
    """Return the ``env`` of a job; empty when no line is in it."""
    lines = "".join(blocks)
    return f"    env:\n{lines}" if lines else ""


def quoted(text: str) -> str:
    """Return *text* as a YAML scalar that is text whatever it says; JSON's strings are YAML's.

    GitHub finds no expression in it either.
    """
    return json.dumps(text.replace("${{", "${{ '${{' }}"))


def glob(text: str) -> str:
    """Return *text* so that a filter of GitHub Actions takes it literally."""
    special: Iterable[str] = "\\*?+[]!"
    return "".join(f"\\{one}" if one in special else one for one in text)
