"""Find who owns a state machine, from its tags and from the description of its alias."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sfn_release.errors import ConflictError, NotOursError
from sfn_release.names import TAG_PREFIX
from sfn_release.plan.model import Observed
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Served

DESCRIBED_BY = "sfn-release"
"""How the descriptions that we write begin."""


def refuse(
    rendered: Rendered,
    observed: Observed,
    project: str,
    environment: str,
    known: frozenset[str],
    served: Served | None,
    *,
    adopt: bool,
) -> None:
    """Refuse to deploy *rendered* to the machine *observed* if it belongs to someone else.

    Raises NotOursError for a machine that this environment doesn't own, ConflictError for a machine
    that another ledger deploys to, or of another type.
    """
    if not adopt:
        refuse_others(rendered.name, observed, project, environment, known, served)
    if observed.latest is not None and observed.latest.type != rendered.type:
        raise ConflictError(
            f"{rendered.name} is {observed.latest.type}, but the release says {rendered.type}:"
            " AWS can't change a state machine's type.",
            fix=f"Give the workflow another name, or delete the state machine first:"
            f"  sfn-release delete {rendered.workflow} --env {environment}",
        )


def refuse_others(
    name: str,
    observed: Observed,
    project: str,
    environment: str,
    known: frozenset[str],
    served: Served | None,
) -> None:
    """Raise NotOursError or ConflictError for a machine that someone else manages."""
    if not is_ours(observed, project, environment):
        other = other_environment(observed, project)
        if other is not None:
            raise NotOursError(
                f"{environment} and {other} use the same state machine, {name}.",
                why=f"{observed.arn}\n  Its tags say that it belongs to {other} of {project}.",
                fix="Give one its own names in releases.toml:"
                f'  name = "{{workflow}}-{environment}"\n'
                f"  If {environment} is the new name of {other}, deploy with --adopt.",
            )
        tags = [(key, observed.tags.get(TAG_PREFIX + key)) for key in ("project", "environment")]
        owner = ", ".join(f"{key} {value}" for key, value in tags if value)
        whose = f"Its tags say {owner}." if owner else "It has no tags of sfn-release."
        raise NotOursError(
            f"The state machine {name} does not belong to {environment} of {project}.",
            why=f"{observed.arn}\n  {whose}",
            fix="Rename the workflow, set another `name` template, or take it over by"
            " deploying with --adopt.",
        )
    if is_of_another_ledger(observed, known, served):
        described = observed.alias.description if observed.alias else ""
        raise ConflictError(
            f"Another ledger deploys to {name}, or this one lost a deployment.",
            why=f'Its alias says "{described}", and this project\'s ledger has no such deployment.',
            fix="Was a branch of the ledger cut back? Restore it from a clone that has seen the"
            " deployment (`sfn-release verify` there shows how). Is there another ledger? Use one"
            " remote for one environment (`remote` in releases.toml). If neither is the case,"
            " take the state machine over, which keeps its content as a release:"
            f"  sfn-release deploy VERSION --env {environment} --adopt",
        )


def other_environment(observed: Observed, project: str) -> str | None:
    """Return the environment of this project that a machine's tags name; None for other tags.

    A machine that was handed over to the project belongs to none of its environments yet.
    """
    same = observed.tags.get(f"{TAG_PREFIX}project") == project
    return (observed.tags.get(f"{TAG_PREFIX}environment") if same else None) or None


def is_ours(observed: Observed, project: str, environment: str) -> bool:
    """Return whether a machine's tags name this environment of this project."""
    return not has_other_owner(observed.tags, {"project": project, "environment": environment})


def has_other_owner(tags: Mapping[str, str], owner: Mapping[str, str]) -> bool:
    """Return whether a machine's *tags* don't name the *owner*, tags without our prefix."""
    return any(tags.get(TAG_PREFIX + key) != value for key, value in owner.items())


def is_of_another_ledger(observed: Observed, known: frozenset[str], served: Served | None) -> bool:
    """Return whether a machine's alias names a deployment that isn't among the *known* ones."""
    description = observed.alias.description if observed.alias else ""
    deployment = alias_deployment(description)
    expected = served.alias_description if served else None
    return deployment is not None and deployment not in known and description != expected


def is_description(text: str) -> bool:
    """Return whether sfn-release wrote the description of a version or an alias."""
    return text.startswith(f"{DESCRIBED_BY} ")


def is_alias_description(text: str) -> bool:
    """Return whether sfn-release wrote the description of an alias."""
    return alias_deployment(text) is not None


def alias_deployment(description: str) -> str | None:
    """Return the deployment id in an alias description of ours, None for another text."""
    words = description.split(" ")
    return words[2] if len(words) == 3 and words[0] == DESCRIBED_BY else None  # noqa: PLR2004


def machine_names_clash(workflows: Iterable[Rendered]) -> tuple[str, str, str] | None:
    """Return a state machine name with the two workflows that claim it, None if none does."""
    claimed: dict[str, str] = {}
    for rendered in workflows:
        if rendered.name in claimed:
            return rendered.name, claimed[rendered.name], rendered.workflow
        claimed[rendered.name] = rendered.workflow
    return None
