"""The links of workflows that were handed over: the record says so, and it can be trusted. Pure.

Nothing of them is live here. Their content is proven by the project that has them now.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.operations.proof.evidence import Evidence, RecordEvidence, ReleaseEvidence
from sfn_release.operations.proof.links import Link, LinkName


def handed_over_links(
    record: RecordEvidence, release: ReleaseEvidence, *, wanted: str | None
) -> Iterator[Link]:
    """Yield the links of each workflow that *record* says was handed over.

    *release* is the one that the environment serves otherwise; with *wanted*, it must be that.
    """
    for workflow, project in sorted(record.serving.handed_over.items()):
        text = f"handed over to {project}"
        found: dict[LinkName, Evidence] = {"record": Evidence(text, record.problem)}
        found["release"] = Evidence(f"{release.version} is a release", release.problem)
        if release.signature is not None:
            found["signature"] = release.signature
        for name, evidence in found.items():
            problem = evidence.problem
            if problem is not None:
                why = f"{problem.message} {problem.why}".strip()
                yield Link(workflow, name, False, why, problem.fix)
            elif name == "release" and wanted not in {None, release.version}:
                yield Link(workflow, name, False, f"{release.version} is live, not {wanted}.")
            else:
                yield Link(workflow, name, True, evidence.text)
