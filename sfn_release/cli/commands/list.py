"""list: the workflows of the work tree with their digests."""

from __future__ import annotations

from sfn_release.canonical import short
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.session import Session


@command("list")
def run(session: Session) -> None:
    """List the workflows of the work tree with their digests.

    SINCE is the release that introduced the current content. DIGEST covers everything that a
    workflow declares. -v also shows the digest of the definition alone.
    """
    from sfn_release.operations.verbs.list import list_workflows

    listed = list_workflows(session.workspace())
    items = [workflow.to_json() for workflow in listed]

    def text() -> None:
        definition = ("DEFINITION",) if session.verbose else ()
        schema = ("INPUT SCHEMA",) if any(item["input_schema"] for item in items) else ()
        write_table(
            ("WORKFLOW", "TYPE", "STATES", "SINCE", "DIGEST", *definition, "MODULE", *schema),
            [
                (
                    terminal.Styled(item["name"], "bold"),
                    item["type"],
                    str(item["states"]),
                    item["since"] or terminal.Styled("not released", "yellow"),
                    short(item["digest"]),
                    *((short(item["definition_digest"]),) if definition else ()),
                    item["module"],
                    *((item["input_schema"] or "",) if schema else ()),
                )
                for item in items
            ],
        )

    session.show("list", {"workflows": items}, text)
