"""The stages of a pipeline: the environments on AWS, in the order that a release enters them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sfn_release.project import Environment, Project
from sfn_release.text import duration_text

_NO_REGION = "eu-west-1"
_SETUP = timedelta(minutes=30)  # installing, building, calls, and the 15 minutes of a lock
_LONGEST = 360  # minutes: GitHub ends a job on its own runners after six hours


@dataclass(frozen=True)
class Stage:
    """An environment that releases go to.

    *source* is the environment that a release is promoted from; releases are published to the
    stage without one. *variables* are the environment variables that its parameters are read from.
    *soak* is how long a release must have been served in the environments that it requires, "" for
    no time. *minutes* is the longest that a deployment may take.
    """

    name: str
    region: str
    source: str | None = None
    variables: tuple[str, ...] = ()
    soak: str = ""
    minutes: int = 30

    @property
    def too_long(self) -> bool:
        """Whether a deployment can take longer than a job on GitHub's own runners."""
        return self.minutes > _LONGEST

    @property
    def timeout(self) -> int:
        """The job's limit in minutes."""
        return min(self.minutes, _LONGEST)

    @property
    def session(self) -> int:
        """How many seconds the job's credentials must live: as long as the job, at least 1 h."""
        return max(3600, self.timeout * 60)


def stages(project: Project) -> list[Stage]:
    """Return the environments on AWS in the order in which a release enters them.

    Releases are published to the first that requires no other. Each further one comes after the
    environment that it requires, or after the one before it in releases.toml. A project without
    environments that a runner can reach gets ``staging`` and ``prod``.
    """
    # A runner can't reach an emulator on the machine of a developer.
    found = [one for one in project.environments.values() if not one.on_this_machine]
    if not found:
        return [Stage("staging", _NO_REGION), Stage("prod", _NO_REGION, "staging")]
    ordered: list[Environment] = []
    while len(ordered) < len(found):
        done = {one.name for one in ordered}
        waiting = [one for one in found if one.name not in done]
        ordered.append(next(one for one in waiting if done.issuperset(one.requires)))
    made: list[Stage] = []
    for one in ordered:
        before = one.requires[-1] if one.requires else made[-1].name if made else None
        sources = one.sources(one.parameters).values()
        shift = one.strategy.duration if one.strategy else timedelta()
        made.append(
            Stage(
                one.name,
                one.region or _NO_REGION,
                before,
                tuple(sorted({source.name for source in sources if source.kind == "env"})),
                duration_text(one.soak) if one.soak and one.requires else "",
                int((shift + _SETUP).total_seconds() // 60),
            )
        )
    return made


def scheduled(chain: list[Stage]) -> list[Stage]:
    """Return the stages that a schedule promotes to: from the first with a soak time on.

    A job that would wait for hours, or fail because a release is too young, helps nobody: a
    scheduled job looks every hour instead. What is promoted from such a stage follows there.
    """
    found: list[Stage] = []
    for stage in chain:
        if stage.source is not None and (stage.soak or stage.source in {one.name for one in found}):
            found.append(stage)
    return found
