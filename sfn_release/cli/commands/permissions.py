"""permissions: print the least IAM policy that the role of each workflow needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.verbs.permissions import LeastPolicies
    from sfn_release.permissions.iam_policy import LeastPolicy


@command("permissions")
@click.argument("workflow", required=False, metavar="[WORKFLOW]")
@click.option("--version", metavar="VERSION", help="The release to read. Default: the work tree.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "terraform", "cloudformation"]),
    default="table",
    help="table (default), json for IAM's documents, or a whole role for another tool.",
)
@click.option("--merged", is_flag=True, help="One policy for each role, with all its workflows.")
def run(
    session: Session, workflow: str | None, version: str | None, form: str, merged: bool
) -> None:
    """Print the smallest IAM policy that each workflow's role needs.

    Reads the definitions with the environment's parameters filled in. If a permission can't be
    found in a definition, you see the state and the reason. A permission is never widened silently.
    All formats but table also have the policy that lets Step Functions assume the role.
    """
    from sfn_release.operations.verbs.permissions import permissions

    workspace = session.workspace()
    found = permissions(workspace, workflow, environment=session.environment, version=version)
    policies = found.roles if merged else found.workflows

    def text() -> None:
        match form:
            case "json":
                documents = {name: policy.to_json() for name, policy in policies.items()}
                terminal.write_block(terminal.json_text(documents))
            case "terraform" | "cloudformation":
                from sfn_release.permissions import policy_texts

                write = (
                    policy_texts.terraform if form == "terraform" else policy_texts.cloudformation
                )
                about = [] if merged else list(_shared(found, form))
                terminal.write_block(write(policies.values(), about).rstrip("\n"))
            case _:
                label = workspace.environment(found.environment).label
                _write_tables(policies, label)
                if not merged:
                    for line in _shared(found):
                        terminal.write(line)

    session.show("permissions", found.to_json(), text)


def _write_tables(policies: Mapping[str, LeastPolicy], label: str) -> None:
    from sfn_release.cli.output.tables import write_table
    from sfn_release.permissions.policy_texts import notes
    from sfn_release.permissions.role_check import short_resource

    if not policies:
        terminal.write(f"no workflow, so no role needs a permission in {label}")
    for name, policy in policies.items():
        heading = terminal.Styled(terminal.one_line(name), "bold")
        role = "" if name == policy.role else f"  {policy.role}"
        terminal.write_parts(heading, f"{role}  in {label}")
        rows = [
            (
                ", ".join(row.actions),
                short_resource(row.resource, policy.place),
                ", ".join(row.states),
            )
            for row in policy.rows
        ]
        if rows:
            by = "STATES" if policy.workflows == (policy.subject,) else "WORKFLOWS"
            write_table(("ACTION", "RESOURCE", by), rows, indent=2)
        else:
            terminal.write("  needs no permission")
        for note in notes(policy):
            terminal.write(f"  note: {note}")
        terminal.write()


def _shared(found: LeastPolicies, form: str = "") -> Iterator[str]:
    """Yield which role several workflows share: its policy has to allow all that they need."""
    for role, policy in found.shared.items():
        workflows = count(policy.workflows, "workflow")
        words = ["sfn-release permissions --env", found.environment]
        words += ["--version", found.version] if found.version else []
        words += ["--format", form] if form else []
        command = " ".join([*words, "--merged"])
        yield f"{workflows} share the role {role}. Its whole policy:  {command}"
