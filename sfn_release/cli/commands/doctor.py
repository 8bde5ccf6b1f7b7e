"""doctor: find problems with set-up, each on a line with its fix."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.width import padded
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.diagnosis.diagnosis import Diagnosis
    from sfn_release.operations.diagnosis.iam_trust import CiKind

_WIDE = 15  # columns of a subject
_ROLES = {
    "plan": "the role that plans (it only reads)",
    "deploy": "the role that deploys",
    "caller": "the role that assumes `assume_role`",
}
_STYLES = {"ok": "green", "warning": "yellow", "problem": "red"}


@command("doctor")
@click.option("--iam", is_flag=True, help="Print the smallest IAM policies instead.")
@click.option(
    "--ci", type=click.Choice(["github", "gitlab"]), help="With --iam: whose jobs assume the roles."
)
def run(session: Session, iam: bool, ci: CiKind | None) -> int:
    """Find problems with setup, refs and permissions.

    Checks Git, releases.toml, the ledger and each environment (or --env): account, IAM actions,
    roles, log groups, alarms, state machines. Changes nothing. Exits 1 if it finds a problem. -v
    shows each permission.

    --iam prints the smallest IAM policies for two roles of each environment: to plan, and to
    deploy. It needs no AWS account. The trust policies allow jobs of GitHub Actions or GitLab CI,
    by the host of the ledger's remote. If the host's name doesn't show which one it is, pass --ci.
    """
    if iam:
        return _policies(session, ci)
    if ci is not None:
        raise UsageError("--ci needs --iam.", fix="Run  sfn-release doctor --iam --ci " + ci)
    from sfn_release.operations.verbs.doctor import doctor

    names = list(dict.fromkeys(session.environments))
    page = _Page(verbose=session.verbose)
    diagnoses: list[Diagnosis] = []
    for diagnosis in doctor(session.directory, session.runtime(), environments=names):
        diagnoses.append(diagnosis)
        if not session.as_json:
            page.write(diagnosis)
    found = Counter[str](diagnosis.verdict for diagnosis in diagnoses)

    def text() -> None:
        page.end()
        terminal.write()
        if found["problem"] or found["warning"]:
            problems, warnings = (count(found[word], word) for word in ("problem", "warning"))
            terminal.write(f"{problems}, {warnings}")
        else:
            terminal.write("no problems", style="green")

    members = {"diagnoses": [diagnosis.to_json() for diagnosis in diagnoses]}
    session.show("doctor", {"problems": found["problem"], **members}, text)
    return 1 if found["problem"] else 0


def _policies(session: Session, ci: CiKind | None) -> int:
    """Print the IAM policies of the roles that plan and deploy."""
    from sfn_release.operations.verbs.doctor import least_policies

    names = list(dict.fromkeys(session.environments))
    found = least_policies(session.workspace(), names, ci=ci)

    def text() -> None:
        if not found:
            terminal.write("No environment is on AWS, so no IAM role is needed.")
        for role in found:
            head = f"{role.environment}: {_ROLES[role.role]}"
            terminal.write(head, style="bold")
            for note in role.notes:
                terminal.write(f"  note: {note}")
            terminal.write_block(terminal.json_text(role.policy))
            if role.trust is not None:
                terminal.write(f"{role.environment}: its trust policy")
                terminal.write_block(terminal.json_text(role.trust))
            terminal.write()

    session.show("doctor", {"roles": [role.to_json() for role in found]}, text)
    return 0


class _Page:
    """Writes each line when it comes; permissions that are there are counted unless *verbose*."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._area = ""
        self._allowed = 0

    def write(self, diagnosis: Diagnosis) -> None:
        """Write a diagnosis."""
        quiet = (diagnosis.subject, diagnosis.verdict) == ("permission", "ok") and not self._verbose
        if quiet and diagnosis.area == self._area:
            self._allowed += 1
            return
        self.end()
        if diagnosis.area != self._area:
            self._area = diagnosis.area
            terminal.write(diagnosis.area, style="bold")
        if quiet:
            self._allowed = 1
        else:
            self._line(diagnosis.verdict, diagnosis.subject, diagnosis.message, diagnosis.fix)

    def end(self) -> None:
        """Write how many permissions there are since the last line."""
        if self._allowed:
            allowed = count(self._allowed, "permission")
            self._allowed = 0
            self._line("ok", "permission", f"{allowed} allowed", "")

    @staticmethod
    def _line(verdict: str, subject: str, message: str, fix: str) -> None:
        word = terminal.Styled(f"  {verdict:<8} ", _STYLES[verdict])
        terminal.write_parts(word, f"{padded(terminal.one_line(subject), _WIDE)} ", message)
        for line in fix.splitlines():
            terminal.write(f"{' ' * (12 + _WIDE)}{line.strip()}")
        sys.stdout.flush()
