"""Attestations: held against the published schemas of in-toto and SLSA, and recomputed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage

from sfn_release.canonical import canonical
from sfn_release.operations.verbs.attest import attest
from sfn_release.release.attestation import SourceRepository
from support.command_line import Project
from support.errors import refused
from support.forging import forge
from support.shop import PROD, Shop, add_remote, made_once


def validate(statement: Any) -> Any:
    """Read a statement by the published schemas, which refuse unknown members and wrong types."""
    message = json_format.ParseDict(statement, StatementMessage())
    Statement.copy_from_pb(message).validate()
    provenance = json_format.ParseDict(statement["predicate"], provenance_pb2.Provenance())
    for dependency in provenance.build_definition.resolved_dependencies:
        ResourceDescriptor.copy_from_pb(dependency).validate()
    assert provenance.build_definition.build_type
    assert provenance.run_details.builder.id
    return provenance


def _make(shop: Shop) -> None:
    add_remote(shop)
    shop.commit(hello=1, größe="x")
    shop.publish("1.0.0", "prod")
    shop.commit(hello=2)
    shop.publish("1.1.0", deploy=False)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone with a remote; 1.0.0 is in prod, 1.1.0 nowhere."""
    return made_once(tmp_path, "attest", _make)


def test_a_release_is_attested_by_its_definitions(shop: Shop) -> None:
    """Each subject is a definition; its SHA-256 is that of the canonical form."""
    made = attest(shop.workspace(), "1.0.0")
    provenance = validate(made.statement)

    commit = shop.git("rev-parse", "v1.0.0^{commit}").strip()
    found = {one["name"]: one["digest"]["sha256"] for one in made.statement["subject"]}
    assert found == {
        f"shop/{name}": hashlib.sha256(canonical(document)).hexdigest()
        for name, document in made.subjects.items()
    }
    assert found.keys() == {"shop/hello.asl.json", "shop/größe.asl.json"}
    source, *tools = made.statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert source["digest"] == {"gitCommit": commit}
    assert [tool["uri"].partition("@")[0] for tool in tools][:2] == [
        "pkg:generic/python",
        "pkg:pypi/sfn-release",
    ]
    parameters = made.statement["predicate"]["buildDefinition"]["externalParameters"]
    assert (parameters["version"], parameters["ref"]) == ("1.0.0", "refs/tags/v1.0.0")
    assert provenance.run_details.metadata.finished_on.seconds


def test_a_deployment_is_attested_by_what_was_sent(shop: Shop) -> None:
    """The subjects are the rendered definitions, as AWS has them; no parameter's value is shown."""
    made = attest(shop.workspace(), "1.0.0", environment="prod")
    provenance = validate(made.statement)

    record = shop.record()
    live = json.loads(
        shop.client("prod").describe_state_machine(stateMachineArn=shop.arn("hello", "prod"))[
            "definition"
        ]
    )
    subjects = {one["name"]: one["digest"]["sha256"] for one in made.statement["subject"]}
    assert subjects["shop/hello.asl.json"] == hashlib.sha256(canonical(live)).hexdigest()
    parameters = made.statement["predicate"]["buildDefinition"]["externalParameters"]
    assert parameters["environment"] == "prod"
    assert parameters["stateMachines"]["hello"] == record.workflows["hello"].version_arn
    assert "Alice" not in json.dumps(made.statement)
    assert provenance.run_details.metadata.invocation_id == record.id
    blobs = [
        one["digest"]["gitBlob"]
        for one in made.statement["predicate"]["buildDefinition"]["resolvedDependencies"]
        if "gitBlob" in one.get("digest", {})
    ]
    assert blobs == [shop.git("rev-parse", "v1.0.0:releases.toml").strip()]


def test_only_what_happened_is_attested(shop: Shop) -> None:
    """An unknown release, one that was never deployed there, and an edited record are refused."""
    with refused("E_NOT_FOUND", "There is no release 3.0.0."):
        attest(shop.workspace(), "3.0.0")
    with refused("E_NOT_FOUND", "1.1.0 was never deployed to prod."):
        attest(shop.workspace(), "1.1.0", environment="prod")

    path = "definitions/hello.asl.json"
    edited = shop.git("show", f"{PROD}:{path}").replace("Only", "Lonely")
    forge(shop, PROD, {path: edited}, shop.git("log", "-1", "--format=%B", PROD))
    shop.git("push", "--quiet", "origin", PROD)
    with refused("E_TAMPERED"):
        attest(shop.workspace(), "1.0.0", environment="prod")


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        (None, None),
        ("/srv/git/shop.git", None),
        ("file:///srv/git/shop.git", None),
        ("C:/git/shop.git", None),
        ("https://github.com/acme/shop.git", "git+https://github.com/acme/shop.git"),
        ("https://bot:hunter2@host:8443/shop.git?t=1", "git+https://host:8443/shop.git"),
        ("https://token@github.com/acme/shop", "git+https://github.com/acme/shop"),
        ("git@github.com:acme/shop.git", "git+ssh://git@github.com/acme/shop.git"),
        ("github.com:acme/shop.git", "git+ssh://github.com/acme/shop.git"),
        ("ssh://git:hunter2@host:22/shop.git", "git+ssh://git@host:22/shop.git"),
    ],
)
def test_a_repository_is_named_without_secrets(url: str | None, uri: str | None) -> None:
    """Only an address that means the same everywhere is named."""
    assert SourceRepository(url).uri == uri


def test_the_command_writes_statement_and_subjects(project: Project) -> None:
    """The text is the statement alone; files are written where the command runs."""
    project.publish("1.0.0")
    statement = project.ok("attest", "1.0.0").json
    validate(statement)
    assert project.json("attest", "1.0.0")["statement"] == statement

    shown = project.ok("attest", "1.0.0", "made.json", "--subjects", "deep/er").out
    assert shown.splitlines() == [
        str(project.root / "deep/er/hello.asl.json"),
        str(project.root / "made.json"),
    ]
    assert json.loads((project.root / "made.json").read_text()) == statement
    content = (project.root / "deep/er/hello.asl.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == statement["subject"][0]["digest"]["sha256"]
    failed = project.run("attest", "1.0.0", "nowhere/made.json")
    assert (failed.code, "E_FILE" in failed.err) == (1, True)


def test_a_found_release_has_no_build(shop: Shop) -> None:
    """What was found in AWS came from no commit."""
    shop.commit(other=1)
    client = shop.client("prod")
    client.create_state_machine(
        name="other",
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::000000000000:role/other",
    )
    shop.publish("1.2.0", "prod", adopt=True)
    with refused("E_NOT_FOUND", "0.0.0-found.1 was found in prod"):
        attest(shop.workspace(), "0.0.0-found.1")
