"""The stages of a pipeline: the environments on AWS, in the order of promotion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sfn_release.project import Environment, Project
from sfn_release.project.parameter_sources import Variable
from sfn_release.text import duration_text

_NO_REGION = "eu-west-1"
_SETUP = timedelta(minutes=30)  # installing, building, calls, and the 15 minutes of a lock
_LONGEST = 360  # minutes: GitHub ends a job on its own runners after six hours


@dataclass(frozen=True)
class Stage:
    """An environment that releases go to.

    A release is promoted from the environment *source*; the stage without one publishes it.
    *variables* are the environment variables for its parameters. *soak* is the time that a release
    must be live in the required environments first, or "". *minutes* is the longest time of a
    deployment. *guarded*: releases.toml names the branches whose commits may be released there.
    """

    name: str
    region: str
    source: str | None = None
    variables: tuple[str, ...] = ()
    soak: str = ""
    minutes: int = 30
    guarded: bool = False

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
        """The lifetime of the job's credentials in seconds: as long as the job, at least 1 h."""
        return max(3600, self.timeout * 60)


def stages(project: Project) -> list[Stage]:
    """Return the environments on AWS in the order of promotion.

    Releases are published to the first environment that requires no other. Each other environment
    comes after the environment that it requires, or after its predecessor in releases.toml. If a
    runner can reach no environment of the project, the stages are ``staging`` and ``prod``.
    """
    # A runner can't reach an emulator on the machine of a developer.
    found = [
        environment
        for environment in project.environments.values()
        if not environment.on_this_machine
    ]
    if not found:
        return [Stage("staging", _NO_REGION), Stage("prod", _NO_REGION, "staging")]
    ordered: list[Environment] = []
    while len(ordered) < len(found):
        done = {environment.name for environment in ordered}
        waiting = [environment for environment in found if environment.name not in done]
        ordered.append(next(ready for ready in waiting if done.issuperset(ready.requires)))
    chain: list[Stage] = []
    for environment in ordered:
        chain.append(_stage(environment, previous=chain[-1].name if chain else None))
    return chain


def _stage(environment: Environment, *, previous: str | None) -> Stage:
    sources = environment.sources(environment.parameters).values()
    shift = environment.strategy.duration if environment.strategy else timedelta()
    return Stage(
        name=environment.name,
        region=environment.region or _NO_REGION,
        source=environment.requires[-1] if environment.requires else previous,
        variables=tuple(sorted({source.env for source in sources if isinstance(source, Variable)})),
        soak=duration_text(environment.soak) if environment.soak and environment.requires else "",
        guarded=bool(environment.branches),
        minutes=int((shift + _SETUP).total_seconds() // 60),
    )


def scheduled(chain: list[Stage]) -> list[Stage]:
    """Return the stages that a schedule promotes to: those with a soak time, and the ones after.

    A job would wait for hours, or fail because a release is too young. A scheduled job looks every
    hour instead.
    """
    found: list[Stage] = []
    for stage in chain:
        if stage.source is not None and (
            stage.soak or stage.source in {earlier.name for earlier in found}
        ):
            found.append(stage)
    return found
