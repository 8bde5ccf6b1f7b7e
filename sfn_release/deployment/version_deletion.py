"""Delete state machine versions one by one, as long as no deployment begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sfn_release.aws.api_calls import call
from sfn_release.deployment.site import Site
from sfn_release.errors import AwsError, ConflictError, SfnReleaseError
from sfn_release.plan.pruning import KeptVersion, PrunedVersion
from sfn_release.text import count

_BETWEEN = 10  # deletions between two looks at a remote ledger


@dataclass(frozen=True)
class DeletedVersions:
    """The versions that were deleted, and the versions that had to stay.

    *error* is what ended it early, None if all were tried.
    """

    deleted: tuple[PrunedVersion, ...]
    kept: tuple[KeptVersion, ...]
    error: SfnReleaseError | None = None


def delete_versions(
    site: Site, tip: str | None, versions: Sequence[PrunedVersion]
) -> DeletedVersions:
    """Delete *versions*, oldest first, and report the ones that had to stay.

    *tip* is the environment's last event when they were chosen: when another one follows it, a
    deployment may count on a version, and the rest stays. AWS itself refuses to delete a version
    that an alias routes to meanwhile: it stays, and the others are tried. Any other error
    ends it. Ctrl-C is raised after a line with what was deleted.
    """
    deleted: list[PrunedVersion] = []
    kept: list[KeptVersion] = []
    site.aws.expect("DeleteStateMachineVersion", len(versions))
    every = 1 if site.ledger.remote is None else _BETWEEN
    for index, version in enumerate(versions):
        try:
            if index % every == 0 and site.ledger.branches.tip(site.name) != tip:
                moved = ConflictError(
                    f"A deployment to {site.name} began, so pruning stopped.",
                    fix="Run this again when it has ended.",
                )
                return _stopped(deleted, kept, versions[index:], moved)
            call(
                site.client.delete_state_machine_version,
                stateMachineVersionArn=version.version_arn,
            )
        except KeyboardInterrupt:
            done = count(len(deleted), "state machine version")
            site.runtime.watcher.say(f"interrupted: deleted {done} of {len(versions)}")
            raise
        except AwsError as error:
            because = f"{error.message} {error.why}".strip()
            kept.append(KeptVersion(version.workflow, version.version_arn, because))
            if error.aws_code == "ConflictException":
                continue
            return _stopped(deleted, kept, versions[index + 1 :], error)
        except SfnReleaseError as error:
            return _stopped(deleted, kept, versions[index:], error)
        deleted.append(version)
    return DeletedVersions(tuple(deleted), tuple(kept))


def _stopped(
    deleted: Sequence[PrunedVersion],
    kept: Sequence[KeptVersion],
    rest: Sequence[PrunedVersion],
    error: SfnReleaseError,
) -> DeletedVersions:
    """Return the end of a deletion whose *rest* stays because of *error*."""
    because = f"not tried: {error.message}"
    left = [KeptVersion(version.workflow, version.version_arn, because) for version in rest]
    return DeletedVersions(tuple(deleted), (*kept, *left), error)
