"""Releases: versions, their order, and freezing declarations."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import digest
from sfn_release.release.manifest import (
    Manifest,
    ReleaseTests,
    WorkflowTests,
    release_digest,
)
from sfn_release.release.release import (
    Release,
    count_states,
    make_release,
    read_release,
    release_files,
)
from sfn_release.release.version import Precedence, is_version, parse_version
from support.errors import refused
from support.values import definition

DECLARED = Declaration(
    name="hello",
    definition=definition("one"),
    type="EXPRESS",
    role="arn:aws:iam::${Account}:role/hello",
    logging={"level": "ALL"},
    tracing={"enabled": True},
    encryption=None,
    tags={"team": "checkout"},
    source="workflows/hello.py",
    module_version="1.0.0",
)


def freeze(*declarations: Declaration, version: str = "1.0.0", after: Release | None = None) -> Any:
    return make_release(
        declarations,
        project="shop",
        version=version,
        commit="c" * 40,
        tag=f"v{version}",
        date="2030-01-01T12:00:00Z",
        author="ann <ann@desk>",
        toolchain={"python": "3.11.7"},
        predecessor=after.manifest if after else None,
    )


def test_versions_are_ordered_as_semantic_versioning_says() -> None:
    """The example of Semantic Versioning 2.0.0, item 11, and numbers as numbers."""
    ordered = [
        *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"),
        *("1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.9.0", "1.10.0", "2.0.0"),
    ]
    assert sorted({*ordered}, key=Precedence) == ordered


@pytest.mark.parametrize("text", ["1.2.3", "0.0.0", "1.0.0-rc.1", "10.20.30-a-b.0x"])
def test_a_version_may_begin_with_v(text: str) -> None:
    """One only: it is not part of the version."""
    assert parse_version(f"v{text}") == parse_version(text) == text
    assert (is_version(text), is_version(f"v{text}")) == (True, False)
    with refused("E_VERSION", f"'vv{text}'", "https://semver.org/"):
        parse_version(f"vv{text}")


def test_build_metadata_is_refused_with_the_reason() -> None:
    """Two such versions would be one by precedence."""
    with refused("E_VERSION", "'1.2.0+b.7'", "build metadata", "Release 1.2.0;"):
        parse_version("1.2.0+b.7")


@given(st.text())
def test_any_text_is_a_version_or_refused(text: str) -> None:
    """Every version is a legal part of a Git ref and of an alias's name."""
    if is_version(text):
        assert text.replace("-", "").replace(".", "").isalnum()
        assert text.isascii()


def test_a_release_reads_back_from_its_files() -> None:
    """Manifest and definitions; the `__version__` of a module is not part of it."""
    other = Declaration("bye", definition({"é": [None]}))
    release = freeze(DECLARED, other)
    again = read_release(release_files(release), where="x", ledger_commit="d" * 40)
    kept = {"hello": replace(DECLARED, module_version=None), "bye": other}
    assert (again.manifest, again.declarations) == (release.manifest, kept)
    assert again.ledger_commit == "d" * 40


@pytest.mark.parametrize(
    ("change", "frozen"),
    [
        ({"definition": definition("two")}, True),
        ({"type": "STANDARD"}, True),
        ({"role": None}, True),
        ({"logging": None}, True),
        ({"tracing": {"enabled": False}}, True),
        ({"encryption": {"type": "AWS_OWNED_KEY"}}, True),
        ({"tags": {}}, True),
        ({"source": "workflows/moved.py"}, False),
        ({"module_version": None}, False),
    ],
    ids=str,
)
def test_the_digest_is_over_what_a_release_freezes(change: dict[str, Any], frozen: bool) -> None:
    """The path of a workflow's module is not part of its content."""
    changed = replace(DECLARED, **change)
    assert (changed.digest != DECLARED.digest) == frozen
    assert (freeze(changed).digest != freeze(DECLARED).digest) == frozen


def test_the_release_digest_is_over_names_and_digests() -> None:
    """Version, date and commit don't count: equal content is recognised under two versions."""
    one, two = freeze(DECLARED), freeze(DECLARED, version="2.0.0")
    assert one.digest == two.digest == digest({"hello": DECLARED.digest})
    assert release_digest({}) != one.digest
    assert freeze(replace(DECLARED, name="bye")).digest != one.digest


def test_since_stays_while_the_digest_does() -> None:
    """It changes with the content, even if that content existed before."""
    first = freeze(DECLARED, version="1.0.0")
    second = freeze(DECLARED, version="1.1.0", after=first)
    third = freeze(replace(DECLARED, tags={}), version="1.2.0", after=second)
    fourth = freeze(DECLARED, version="1.3.0", after=third)
    assert [
        release.manifest.workflows["hello"].since for release in (first, second, third, fourth)
    ] == [
        *("1.0.0", "1.0.0", "1.2.0", "1.3.0"),
    ]


def test_states_are_counted_in_every_scope() -> None:
    """Branches, item processors, iterators of old; nonsense counts nothing."""
    inner = {"StartAt": "A", "States": {"A": {"Type": "Pass"}, "B": {"Type": "Succeed"}}}
    outer = {
        "Map": {"Type": "Map", "ItemProcessor": inner},
        "Old": {"Type": "Map", "Iterator": inner},
        "Both": {"Type": "Parallel", "Branches": [inner, {"States": {"C": {"Branches": 1}}}]},
    }
    assert count_states({"States": outer}) == 3 + 2 + 2 + 2 + 1
    nonsense: list[Any] = [None, {}, {"States": []}, {"States": {"A": 1}}]
    assert [count_states(value) for value in nonsense] == [0, 0, 0, 1]


def test_a_manifest_keeps_the_tests_of_its_release() -> None:
    """They don't change a digest. A release without any has no such member."""
    plain = freeze(DECLARED)
    ran = ReleaseTests(3, 1, {"hello": WorkflowTests(3, 1)}, "a fire")
    tested = replace(plain, manifest=replace(plain.manifest, tests=ran))
    assert tested.digest == plain.digest
    assert "tests" not in plain.manifest.to_json()
    again = read_release(release_files(tested), where="here")
    assert again.manifest.tests == ran
    assert again.manifest == tested.manifest


@pytest.mark.parametrize(
    ("tests", "problem"),
    [
        ({"passed": 1}, "$.tests.failed is missing"),
        ({"passed": "1", "failed": 0}, "$.tests.passed is not of type int"),
        ({"passed": 1, "failed": 0, "skipped": 2}, "$.tests.skipped is unknown"),
        ({"passed": 1, "failed": 0, "workflows": {"a/b": {}}}, "is not a"),
    ],
)
def test_edited_tests_are_found(tests: dict[str, Any], problem: str) -> None:
    """As any other member of a manifest."""
    manifest = {**freeze(DECLARED).manifest.to_json(), "tests": tests}
    with refused("E_TAMPERED", problem):
        Manifest.from_json(json.loads(json.dumps(manifest)), where="here")
