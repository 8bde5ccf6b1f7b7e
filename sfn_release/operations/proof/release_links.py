"""The links from the record to the commit: `release`, `tag`, `commit`, `rebuild`. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.canonical import short
from sfn_release.errors import TamperedError
from sfn_release.operations.proof.evidence import Evidence, RecordEvidence, WorkflowEvidence
from sfn_release.operations.proof.links import Link, LinkName
from sfn_release.release.release import Release
from sfn_release.release.serving import refuse_forged
from sfn_release.text import count


def release_link(workflow: WorkflowEvidence, *, where: str, wanted: str | None = None) -> Link:
    """Return whether the recorded release renders to the recorded content.

    *where* names the record for errors. *wanted* is the only version that may be served, if there
    is one; retained workflows may be of another.
    """
    evidence, served = workflow.release, workflow.served
    release = evidence.release
    if release is None:
        problem = evidence.problem
        text = f"{problem.message} {problem.why}".strip() if problem else "It can't be read."
        return Link(workflow.name, "release", False, text, problem.fix if problem else "")
    if wanted is not None and served.version != wanted and not served.retained:
        text = f"It is {served.version}, and you asked for {wanted}."
        return Link(workflow.name, "release", False, text)
    record = workflow.record
    try:
        _refuse_other_release(record, workflow, release)
        _refuse_mixed(workflow, record.serving.version)
        form = record.forms.get(workflow.name)
        if form is not None:
            refuse_forged(record.serving, {workflow.name: form}, release, where=where)
    except TamperedError as error:
        text = f"{error.message} {error.why}".strip()
        return Link(workflow.name, "release", False, text, error.fix)
    text = f"{served.version}, {short(release.digest)}"
    if served.left_behind:
        text += ": an unfinished deployment left it behind"
    elif release.manifest.found:
        text += f": adopted in {release.manifest.found} as it was, so no commit made it"
    else:
        filled = count(len(served.parameters or {}), "parameter")
        pinned = f" and {count(len(served.pins), 'pin')}" if served.pins else ""
        text += f": the record is what it renders to with {filled}{pinned}"
    return Link(workflow.name, "release", True, text)


def _refuse_other_release(
    record: RecordEvidence, workflow: WorkflowEvidence, release: Release
) -> None:
    """Raise TamperedError if the record names the release with another digest or commit."""
    serving = record.serving
    if workflow.served.retained or serving.version != release.version:
        return
    for name, recorded, released in (
        ("release digest", serving.release_digest, release.digest),
        ("commit", serving.commit, release.manifest.commit),
    ):
        if recorded != released:
            raise TamperedError(
                f"The record names {release.version} with another {name}.",
                why=f"The record says {recorded}, the release has {released}.",
                fix="`git log` of the environment's branch shows who wrote the record.",
            )


def _refuse_mixed(workflow: WorkflowEvidence, version: str) -> None:
    """Raise TamperedError if a workflow of the recorded release *version* is of another one."""
    served = workflow.served
    if not workflow.released:
        return
    if served.version != version:
        raise TamperedError(
            f"The record serves {version}, which has {workflow.name}, and says that it serves"
            f" {workflow.name} of {served.version}.",
            fix="`git log` of the environment's branch shows who wrote the record.",
        )
    if served.retained:
        raise TamperedError(
            f"The record serves {version}, which has {workflow.name}, and says that"
            f" {workflow.name} isn't part of it.",
            fix="`git log` of the environment's branch shows who wrote the record.",
        )


def source_links(workflow: WorkflowEvidence) -> Iterator[Link]:
    """Yield the links of a release's tag, commit, rebuild and signatures, as far as they apply."""
    evidence = workflow.release
    links: tuple[tuple[LinkName, Evidence | None], ...] = (
        ("tag", evidence.tag),
        ("commit", evidence.commit),
        ("rebuild", evidence.rebuilt.get(workflow.name)),
        ("signature", evidence.signature),
    )
    for name, found in links:
        if found is None:
            continue
        problem = found.problem
        if problem is None:
            yield Link(workflow.name, name, True, found.text)
        else:
            text = f"{problem.message} {problem.why}".strip()
            yield Link(workflow.name, name, False, text, problem.fix)
