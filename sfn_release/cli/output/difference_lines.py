"""The differences and notes of workflows for `status`: the same ones share a line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from sfn_release.plan.steps import names_text
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.workflow_status import WorkflowStatus

_SHOWN: Final = 8  # lines of one workflow; -v and --json show all
_NAMED: Final = 3  # workflows with the same line that are named before it
_DIGEST: Final = re.compile(r"\b[0-9a-f]{12}\b")


def difference_lines(workflows: Sequence[WorkflowStatus], *, verbose: bool) -> Iterator[str]:
    """Yield the lines of all workflows, with the names of the workflows.

    Workflows with the same line share it, unless *verbose*. Digests always differ, so that a shared
    line has … for them.
    """
    alike: dict[str, dict[str, str]] = {}
    for workflow in workflows:
        lines = [*workflow.differences, *(f"note: {note}" for note in workflow.notes)]
        if verbose:
            yield from (f"{workflow.name}: {line}" for line in lines)
            continue
        more = len(lines) - _SHOWN
        for line in (*lines[:_SHOWN], *([f"… and {more} more (-v)"] if more > 0 else [])):
            alike.setdefault(_DIGEST.sub("…", line), {})[workflow.name] = line
    for shared, found in alike.items():
        own = {*found.values()}
        line = shared if len(own) > 1 else own.pop()
        if len(found) <= _NAMED:
            yield f"{', '.join(found)}: {line}"
        else:
            yield f"{count(found, 'workflow')}: {line}"
            yield f"    {names_text([*found])}"
