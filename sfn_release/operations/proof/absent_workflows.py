"""The workflows of a live release that the environment's record doesn't serve.

Someone deleted their state machines, or handed them over to another project. A record that leaves
one out while AWS has it would hide the content that its callers get.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.errors import AwsError
from sfn_release.operations.proof.links import Link
from sfn_release.operations.proof.live_machines import exists, named_like
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.release.serving import Serving


def absent_workflows(
    workspace: Workspace,
    environment: Environment,
    serving: Serving,
    released: Mapping[str, str],
) -> tuple[list[Link], tuple[str, ...]]:
    """Return a broken link for each absent workflow that AWS has, and notes about the others.

    Handed-over workflows have links of their own (`handed_over_links`).

    *released* are the workflows of the releases that are served, with their versions.
    """
    links: list[Link] = []
    notes: list[str] = []
    like = next((served.state_machine_arn for served in serving.workflows.values()), None)
    notes += [f"{name}: handed over to {to}" for name, to in sorted(serving.handed_over.items())]
    gone = released.keys() - serving.workflows.keys() - serving.handed_over.keys()
    for workflow in sorted(gone):
        if like is None:
            # No ARN is known, so AWS can't be asked: without a link, nothing is proven.
            notes.append(f"{workflow} of {released[workflow]} isn't served here: nothing to prove.")
            continue
        arn = named_like(like, environment.state_machine_name(workflow))
        try:
            there = exists(workspace.reach(environment).stepfunctions, arn)
        except AwsError as error:
            text = f"{error.message} {error.why}".strip()
            links.append(Link(workflow, "live", False, text, error.fix))
            continue
        if there:
            text = (
                f"AWS has {arn}, and the record doesn't serve {workflow} of {released[workflow]}."
            )
            fix = f"See who deleted it:  sfn-release history --env {environment.name}"
            links.append(Link(workflow, "record", False, text, fix))
        else:
            notes.append(f"{workflow} of {released[workflow]} isn't deployed here.")
    return links, tuple(notes)
