"""adopt: take in a state machine that another tool or project made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sfn_release.cli import module_files
from sfn_release.cli.options import command, reason_option
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from sfn_release.authoring.importing import ImportedStateMachine


@command("adopt")
@click.argument("named", metavar="WORKFLOW|ARN")
@click.option("--out", metavar="PATH", help="Write the module to this file.")
@click.option("--force", is_flag=True, help="Replace an existing module.")
@click.option(
    "--from-project", metavar="NAME", help="Take it from this project, which can't hand it over."
)
@reason_option
def run(
    session: Session,
    named: str,
    out: str | None,
    force: bool,
    from_project: str | None,
    reason: str | None,
) -> None:
    """Take over a state machine that another tool or project made.

    Saves its content as a state machine version and as a release, so that you can roll back to it,
    and tags it as yours. Then writes a Python module that declares it exactly as it is. When you
    commit the module and publish, only the alias and tags change.
    """
    from sfn_release.authoring.importing import write_module
    from sfn_release.errors import FileError
    from sfn_release.operations.verbs.adopt import adopt

    files: list[tuple[Path, str]] = []

    def begin(module: ImportedStateMachine) -> None:
        path = module_files.module_path(session, module.name, out)
        if path.exists() and not force:
            raise FileError(
                f"{path} already exists, so nothing was adopted.",
                fix="Publish that module with --adopt, name another file with --out PATH, or"
                " replace the module with --force.",
            )
        files.append((path, write_module(module)))

    workspace = session.workspace()
    environment = workspace.environment(session.environment)
    adopted = adopt(
        workspace,
        named,
        environment=environment.name,
        from_project=from_project,
        reason=reason,
        begin=begin,
    )
    ((path, text),) = files
    module_files.write_module_file(path, text, force=force)
    tests = module_files.write_first_tests(path, adopted.module)
    refusals = module_files.refusals(adopted.module)
    warnings = [*adopted.warnings, *refusals]
    record = adopted.record
    members: dict[str, Any] = {
        "workflow": adopted.workflow,
        "state_machine_arn": adopted.state_machine_arn,
        "file": str(path),
        "tests": None if tests is None else str(tests),
        "deployments": [record.to_json()] if record else [],
        "warnings": warnings,
    }

    def show() -> None:
        if record is None:
            terminal.write(f"{adopted.workflow} was adopted in {environment.label} already")
        else:
            terminal.write_parts(
                terminal.Styled(f"adopted {adopted.workflow} in {environment.label}", "green"),
                f", saved as {record.version}",
            )
        for file in (path, *([tests] if tests else [])):
            terminal.write_parts(
                terminal.Styled("wrote  ", "green"), module_files.shown_path(session, file)
            )
        for warning in warnings:
            terminal.say(f"warning: {warning}", style="yellow")
        terminal.say("Next: commit the module, and publish a release. `sfn-release plan` shows it.")

    session.show("adopt", members, show)
