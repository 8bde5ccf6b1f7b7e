"""Attestations of releases and deployments: in-toto statements with SLSA provenance. Pure.

We follow https://in-toto.io/Statement/v1 and https://slsa.dev/spec/v1.0/provenance.
Each subject is a definition in canonical JSON (RFC 8785), so its SHA-256 is the definition digest
without the prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from sfn_release.canonical import digest
from sfn_release.release.manifest import Manifest
from sfn_release.release.record import Record
from sfn_release.release.release import Release
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Serving

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"

_PAGE = "https://github.com/sfn-release/sfn-release/blob/main/docs/attestations.md"
RELEASE_BUILD = f"{_PAGE}#release"
DEPLOYMENT_BUILD = f"{_PAGE}#deployment"
"""Build types. Each names the section that explains its parameters."""
_BUILDER = f"{_PAGE}#builder"

_SCP_LIKE = re.compile(r"([\w.-]+@[\w.-]+|[\w-]+\.[\w.-]+):(?!//)(.+)")


@dataclass(frozen=True)
class SourceRepository:
    """Where a release's source is: the *url* of a Git remote, None without one, and the folder."""

    url: str | None
    folder: str = ""

    @property
    def uri(self) -> str | None:
        """The URL as SLSA writes one of Git, without passwords: ``git+https://host/shop.git``.

        None for a folder of this machine: its path means nothing on another one.
        """
        address = _SCP_LIKE.fullmatch(self.url or "")
        url = f"ssh://{address[1]}/{address[2].lstrip('/')}" if address else self.url or ""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https", "ssh", "git"} or not parts.hostname:
            return None
        # On the web, a user name may be a token; with ssh, it names no person.
        user = f"{parts.username}@" if parts.scheme == "ssh" and parts.username else ""
        _, _, host = parts.netloc.rpartition("@")
        return f"git+{parts.scheme}://{user}{host}{parts.path}"


@dataclass(frozen=True)
class DeployedRelease:
    """A deployment of a release, and the rendered workflows that it brought.

    *commit* is the event's commit in the ledger.
    """

    record: Record
    serving: Serving
    forms: Mapping[str, Rendered]
    commit: str


@dataclass(frozen=True)
class Attestation:
    """An in-toto statement, and the documents whose SHA-256 its subjects have, by file name."""

    statement: Mapping[str, Any]
    subjects: Mapping[str, Any] = field(repr=False)


def attest_release(
    release: Release, repository: SourceRepository, *, trial: bool = False
) -> Attestation:
    """Return the attestation of a release: these definitions were built from this commit.

    A local *trial* has no tag yet.
    """
    manifest = release.manifest
    definitions = {
        name: declaration.definition for name, declaration in release.declarations.items()
    }
    return _attestation(
        manifest.project,
        definitions,
        RELEASE_BUILD,
        _source(manifest, repository, trial=trial),
        dependencies=[_commit(manifest, repository, trial=trial), *_toolchain(manifest)],
        metadata={"finishedOn": manifest.date},
        byproducts=_ledger_commit("release", release.ledger_commit),
        built_with=manifest,
    )


def attest_deployment(
    release: Release, deployed: DeployedRelease, repository: SourceRepository
) -> Attestation:
    """Return the attestation of a deployment: these definitions were sent to this environment.

    Values of parameters aren't in it: some are looked up when a deployment begins, and may be
    secret. The rendered definitions contain them.
    """
    manifest, record = release.manifest, deployed.record
    served = {
        name: workflow
        for name, workflow in deployed.serving.workflows.items()
        if not workflow.retained
    }
    pins = {name: arn for workflow in served.values() for name, arn in workflow.pins.items()}
    names = {name for workflow in served.values() for name in workflow.parameters or {}}
    parameters = {
        **_source(manifest, repository, trial=False),
        "environment": record.environment,
        "action": record.action,
        "account": record.account,
        "region": record.region,
        "parameters": sorted(names),
        "stateMachines": {
            name: workflow.version_arn or workflow.state_machine_arn
            for name, workflow in served.items()
        },
    }
    config = (
        [{"name": "releases.toml", "digest": {"gitBlob": record.config_blob}}]
        if record.config_blob
        else []
    )
    return _attestation(
        manifest.project,
        {name: deployed.forms[name].definition for name in served},
        DEPLOYMENT_BUILD,
        parameters,
        dependencies=[
            _commit(manifest, repository, trial=False),
            *config,
            *({"name": name, "uri": arn} for name, arn in sorted(pins.items())),
            *_toolchain(manifest),
        ],
        metadata={
            "invocationId": record.id,
            "startedOn": record.started_at,
            **({"finishedOn": record.finished_at} if record.finished_at else {}),
        },
        byproducts=[
            *_ledger_commit("release", release.ledger_commit),
            *_ledger_commit("deployment", deployed.commit),
        ],
        built_with=manifest,
    )


def _attestation(
    project: str,
    definitions: Mapping[str, Any],
    build_type: str,
    parameters: Mapping[str, Any],
    *,
    dependencies: list[dict[str, Any]],
    metadata: Mapping[str, str],
    byproducts: list[dict[str, Any]],
    built_with: Manifest,
) -> Attestation:
    subjects = {f"{name}.asl.json": definition for name, definition in definitions.items()}
    version = built_with.toolchain.get("sfn_release")
    builder = {"id": _BUILDER, **({"version": {"sfn-release": version}} if version else {})}
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{project}/{file}",
                "digest": {"sha256": digest(definition).removeprefix("sha256:")},
            }
            for file, definition in subjects.items()
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": build_type,
                "externalParameters": dict(parameters),
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": builder,
                "metadata": dict(metadata),
                "byproducts": byproducts,
            },
        },
    }
    return Attestation(statement, subjects)


def _source(manifest: Manifest, repository: SourceRepository, *, trial: bool) -> dict[str, Any]:
    """Return the parameters that say what was built."""
    return {
        "project": manifest.project,
        "version": manifest.version,
        "releaseDigest": manifest.release_digest,
        "repository": repository.uri,
        "folder": repository.folder,
        "ref": None if trial else f"refs/tags/{manifest.tag}",
    }


def _commit(manifest: Manifest, repository: SourceRepository, *, trial: bool) -> dict[str, Any]:
    """Return the source commit as a dependency."""
    uri = repository.uri
    at = "" if trial else f"@refs/tags/{manifest.tag}"
    return {
        **({"uri": f"{uri}{at}"} if uri else {"name": manifest.project}),
        "digest": {"gitCommit": manifest.commit},
    }


def _toolchain(manifest: Manifest) -> Iterator[dict[str, Any]]:
    """Yield Python, sfn-release and the imported distributions, each with its package URL."""
    toolchain = manifest.toolchain
    if toolchain.get("python"):
        yield {"name": "python", "uri": f"pkg:generic/python@{quote(toolchain['python'])}"}
    if toolchain.get("sfn_release"):
        yield _distribution("sfn-release", toolchain["sfn_release"])
    for name, version in sorted(toolchain.get("distributions", {}).items()):
        yield _distribution(name, version)


def _distribution(name: str, version: str) -> dict[str, Any]:
    # https://github.com/package-url/purl-spec: PyPI's names are lower case, with dashes
    normal = quote(re.sub(r"[_.]+", "-", name).lower(), safe="")
    return {"name": name, "uri": f"pkg:pypi/{normal}@{quote(version, safe='')}"}


def _ledger_commit(name: str, commit: str) -> list[dict[str, Any]]:
    return [{"name": f"{name} in the ledger", "digest": {"gitCommit": commit}}] if commit else []
