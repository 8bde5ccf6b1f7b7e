"""Renamed workflows: ``[workflows.NEW] renamed_from = "OLD"`` keeps the state machine of OLD.

AWS can't rename a state machine, so NEW goes on with the machine that is named after OLD.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sfn_release.project import aws_rules
from sfn_release.project.toml_document import Expected, TomlDocument

KEY: Final = "renamed_from"
RENAMED_FROM: Final = Expected(str, aws_rules.state_machine_name, 'renamed_from = "checkout"')


def first_names_of(
    document: TomlDocument, tables: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Return the first name of each renamed workflow: the name of its state machine.

    A workflow may be renamed several times, with a table for each name. Raises ConfigError for a
    cycle, and for two workflows with one state machine.
    """
    before = {name: table[KEY] for name, table in tables.items() if KEY in table}
    first_names: dict[str, str] = {}
    for workflow, old in before.items():
        at = ("workflows", workflow, KEY)
        passed, name = {workflow}, old
        while name in before and name not in passed:
            passed.add(name)
            name = before[name]
        if name in passed:
            document.fail(
                at,
                f"{workflow} is renamed from itself" + (f", by way of {name}" * (len(passed) > 1)),
                fix="Name the workflow that it was before.",
            )
        first_names[workflow] = name
        newest = [new for new, other in before.items() if other == old]
        if len(newest) > 1:
            document.fail(
                at,
                f"{' and '.join(newest)} are both renamed from {old}",
                why="They would share one state machine.",
                fix=f"Remove {KEY} from the new workflow: it gets a state machine of its own.",
            )
    return first_names
