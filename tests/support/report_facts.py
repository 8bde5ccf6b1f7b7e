"""Facts of a report that are made here: no repository and no AWS, and any texts in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sfn_release.canonical import digest
from sfn_release.operations.next_steps import EnvironmentState
from sfn_release.operations.verbs.status import EnvironmentStatus
from sfn_release.operations.workflow_status import WorkflowStatus
from sfn_release.plan.policy_facts import LivePeriod
from sfn_release.project.environment import Environment
from sfn_release.project.git_host import git_host_links
from sfn_release.project.project import parse_project
from sfn_release.release.manifest import Manifest, ManifestEntry, release_digest
from sfn_release.release.record import Action, DeploymentStatus, Record, WorkflowOutcome, timestamp
from sfn_release.release.serving import Served, Serving
from sfn_release.release.yank_list import Yank
from sfn_release.report.facts.report_facts import EnvironmentFacts, ReleaseFacts, ReportFacts

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
COMMIT = "c" * 40

SETTINGS = """
[project]
name = "shop"
allowed_signers = "release-signers"

[environments.dev]
region = "eu-west-1"

[environments.staging]
region = "eu-west-1"
requires = ["dev"]

[environments.prod]
region = "eu-west-1"
requires = ["staging"]
soak = "2d"
signed = true
strategy = { type = "canary", percent = 10, interval = "5m" }
"""


@dataclass
class MemoryDefinitions:
    """Definitions by digest, in the place of the ledger's."""

    by_digest: dict[str, Any] = field(default_factory=dict)

    def read(self, definition_digest: str, _commit: str, _workflow: str) -> Any:
        """Return a definition."""
        return self.by_digest[definition_digest]


@dataclass(frozen=True)
class Texts:
    """Every text of a report that others may have written, each with a *mark* in it."""

    mark: str = ""

    def of(self, text: str) -> str:
        """Return a text of another person."""
        return f"{text}{self.mark}"


def definition(comment: str, names: Sequence[str] = ("Charge", "Ship")) -> dict[str, Any]:
    """Return a definition with a task, a choice and a failure, whose comment is *comment*."""
    first, last = names
    return {
        "Comment": comment,
        "StartAt": first,
        "States": {
            first: {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": "charge", "Note": comment},
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refused"}],
                "Next": "Is large?",
            },
            "Is large?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.total", "NumericGreaterThan": 9, "Next": last}],
                "Default": "Refused",
            },
            last: {"Type": "Pass", "Comment": comment, "End": True},
            "Refused": {"Type": "Fail", "Error": comment, "Cause": comment},
        },
    }


def shop_facts(
    texts: Texts | None = None,
    *,
    workflows: Sequence[str] = ("orders", "refunds", "注文"),
    releases: int = 6,
    environments: Sequence[str] = ("dev", "staging", "prod"),
    live: bool = False,
) -> ReportFacts:
    """Return the facts of a shop: each release changes one workflow, prod is the furthest behind.

    Its environments have a failed deployment, a rollback, a yanked release and a running one.
    """
    texts = texts or Texts()
    store = MemoryDefinitions()
    made = [*_releases(texts, store, workflows, releases)]
    project = parse_project(SETTINGS, path="releases.toml")
    served = [made[-1 - min(place, len(made) - 1)] if made else None for place in range(9)]
    found = []
    for place, name in enumerate(environments):
        settings = project.environments.get(name)
        found.append(_environment(texts, name, settings, made, served[min(place, 8)], live=live))
    made = [
        replace(
            release,
            live_in=tuple(
                it.name for it in found if it.serving and it.serving.version == release.version
            ),
        )
        for release in made
    ]
    return ReportFacts(
        project="shop",
        built_at=NOW,
        build_id="build",
        tool_version="1.0.0",
        releases=tuple(made),
        environments=tuple(found),
        definitions=cast(Any, store),
        git_host=git_host_links("https://github.com/acme/shop.git"),
        is_live=live,
        warnings=(texts.of("the remote was not reached"),) if texts.mark else (),
    )


def _releases(
    texts: Texts, store: MemoryDefinitions, workflows: Sequence[str], number: int
) -> list[ReleaseFacts]:
    entries: dict[str, ManifestEntry] = {}
    made: list[ReleaseFacts] = []
    for index in range(number):
        version = f"1.{index}.0"
        for place, name in enumerate(workflows):
            if index and place != index % len(workflows):
                continue
            content = definition(texts.of(f"{name} of {version}"), (texts.of("Charge"), "Ship"))
            store.by_digest[digest(content)] = content
            entries[name] = ManifestEntry(
                digest=digest({"workflow": name, "definition": content}),
                definition_digest=digest(content),
                since=version,
                states=4,
                type="STANDARD",
                role=texts.of("arn:aws:iam::111111111111:role/shop"),
                logging=None,
                tracing=None,
                encryption=None,
                tags={texts.of("team"): texts.of("payments")},
                source="workflows/shop.py",
            )
        manifest = Manifest(
            project="shop",
            version=version,
            commit=COMMIT,
            tag=f"v{version}",
            date=timestamp(NOW - timedelta(days=30 - index)),
            author=texts.of("Ann") + " <ann@example.com>",
            release_digest=release_digest({name: it.digest for name, it in entries.items()}),
            workflows=dict(entries),
            toolchain={"python": texts.of("3.11"), "packages": {texts.of("boto3"): "1.40"}},
        )
        yank = Yank(texts.of("charges twice"), texts.of("Bob"), timestamp(NOW), version)
        notes = texts.of(f"Faster charges in {version}.") + "\n\n- " + texts.of("one change")
        below = made[-1].version if made else None
        made.append(
            ReleaseFacts(manifest, COMMIT, notes, (), below, yank if index == number - 3 else None)
        )
    return made


def record(
    environment: str,
    release: ReleaseFacts,
    *,
    texts: Texts,
    action: Action = "deploy",
    status: DeploymentStatus = "succeeded",
    hours: float = 1.0,
    before: str | None = None,
    **members: Any,
) -> Record:
    """Return a deployment of a release that began so many *hours* ago."""
    started = NOW - timedelta(hours=hours)
    entries = release.manifest.workflows
    return Record(
        id=f"{started:%Y%m%dT%H%M%SZ}-{environment}",
        environment=environment,
        action=action,
        version=release.version,
        from_version=before,
        commit=COMMIT,
        release_digest=release.manifest.release_digest,
        status=status,
        actor=texts.of("Ann") + " <ann@example.com>",
        host=texts.of("laptop"),
        reason=members.pop("reason", None),
        started_at=timestamp(started),
        finished_at=None if status == "started" else timestamp(started + timedelta(seconds=75)),
        expires_at=timestamp(started + timedelta(minutes=15)),
        account="111111111111",
        region="eu-west-1",
        config_blob=None,
        workflows={
            name: WorkflowOutcome(
                digest=entry.digest,
                rendered_digest=entry.digest,
                state_machine_arn=_arn(name),
                version_arn=f"{_arn(name)}:7",
                previous_version_arn=None,
                change="updated" if entry.since == release.version else "unchanged",
            )
            for name, entry in entries.items()
        },
        **members,
    )


def _arn(name: str) -> str:
    return f"arn:aws:states:eu-west-1:111111111111:stateMachine:{name}"


def _environment(
    texts: Texts,
    name: str,
    settings: Environment | None,
    releases: Sequence[ReleaseFacts],
    serves: ReleaseFacts | None,
    *,
    live: bool,
) -> EnvironmentFacts:
    if serves is None:
        return EnvironmentFacts(name, name, settings, None)
    records: list[Record] = []
    for index, release in enumerate(releases):
        if release.version > serves.version:
            break
        before = records[-1].version if records else None
        hours = 24.0 * (len(releases) - index)
        records.append(record(name, release, texts=texts, hours=hours, before=before))
    last = records[-1]
    if name == "staging" and len(records) > 1:
        other = releases[len(records) - 2]
        records.append(
            record(
                name, other, texts=texts, action="rollback", hours=6, before=last.version,
                reason=texts.of("charges fail"), override=texts.of("an outage"),
            )
        )  # fmt: skip
        records.append(
            record(
                name, serves, texts=texts, action="promote", hours=5, before=other.version,
                promoted_from="dev", warnings=(texts.of("tags were left out"),),
            )
        )  # fmt: skip
    deployed = records[-1]
    if name == "dev":
        error = texts.of("AccessDenied: not authorized") + "\n  line two"
        records.append(record(name, serves, texts=texts, status="failed", hours=0.5, error=error))
    if name == "prod":
        records.append(
            record(name, releases[-1], texts=texts, action="promote", status="started", hours=0.1)
        )
    workflows = {
        workflow: Served(
            digest=entry.digest,
            rendered_digest=entry.digest,
            source=entry.source,
            settings={},
            state_machine_arn=_arn(workflow),
            version_arn=f"{_arn(workflow)}:7",
            alias_description=None,
            version=serves.version,
        )
        for workflow, entry in serves.manifest.workflows.items()
    }
    serving = Serving(
        serves.version, COMMIT, serves.manifest.release_digest, deployed.id, None, workflows
    )
    return EnvironmentFacts(
        name=name,
        label=f"{name} (not AWS)" if name == "dev" else name,
        settings=settings,
        tip=COMMIT,
        records=tuple(reversed(records)),
        serving=serving,
        deployed=deployed,
        period=LivePeriod(deployed.finished_at),
        live=_live(texts, name, serves.version, workflows) if live else None,
        unsigned=(texts.of("the tag has no signature"),) if name == "prod" else (),
    )


def _live(
    texts: Texts, name: str, version: str, workflows: Mapping[str, Served]
) -> EnvironmentStatus:
    if name == "dev":
        return EnvironmentStatus(
            name, name, version, "unreachable", (), problem=texts.of("No route to host.")
        )
    first, *others = workflows
    shifting = {f"{_arn(first)}:6": 90, f"{_arn(first)}:7": 10}
    statuses = [
        WorkflowStatus(first, "drifted", "live", shifting, None, None, (texts.of("Comment"),)),
        *(WorkflowStatus(it, "in-sync", "live", {_arn(it): 100}, None, None) for it in others),
    ]
    state: EnvironmentState = "in-progress" if name == "prod" else "drifted"
    return EnvironmentStatus(name, name, version, state, tuple(statuses))
