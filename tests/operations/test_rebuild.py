"""`verify --rebuild`: the commit of a release builds to its digest again, or it is said why not."""

from __future__ import annotations

import os
import platform
import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from sfn_release import __version__
from sfn_release.authoring.declaration import Declaration
from sfn_release.ledger.git.export import export_commit
from sfn_release.operations import Rebuilder, Rebuilt, Workspace, rebuild_releases
from sfn_release.operations.proof.rebuild_comparison import compare_rebuild
from sfn_release.project.modules import Toolchain, rebuild_commit
from sfn_release.project.modules.recorded_toolchain import recorded_python
from sfn_release.release.release import Release, make_release
from support.errors import refused as raises
from support.git import run_git
from support.shop import Shop, add_remote, copy_shop, made_once
from support.values import definition

HERE = Toolchain(platform.python_version(), __version__, {})
MODULE = """\
import sfn_release as sfn
workflow = sfn.Workflow()
workflow.start_from(sfn.Pass(id="A", result={value})).end()
made = sfn.StateMachine(name="made", workflow=workflow)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone, with a remote, of two releases, whose settings changed in between."""
    return made_once(tmp_path, "rebuilt", _make)


def _make(shop: Shop) -> None:
    add_remote(shop)
    shop.write("workflows/made.py", MODULE.format(value=1))
    shop.release("1.0.0", hello="one")
    shop.git("mv", "workflows", "machines")
    config = (shop.project / "releases.toml").read_text()
    shop.write("releases.toml", config.replace('"shop"', '"shop"\nworkflows = "machines"', 1))
    shop.write("machines/made.py", MODULE.format(value=2))
    shop.commit()
    shop.publish("1.1.0", deploy=False)
    shop.git("push", "--quiet", "origin", "HEAD:main")


def rebuilt(shop: Shop, version: str | None = None) -> dict[str, Rebuilt]:
    """Return the rebuilds by version."""
    return {found.version: found for found in rebuild_releases(shop.workspace(), version)}


def test_every_release_is_built_from_its_own_commit(shop: Shop) -> None:
    """With the folder of workflows that it had then; a shallow clone fetches the commit."""
    seen: list[tuple[int, int]] = []
    found = rebuild_releases(shop.workspace(), progress=lambda *done: seen.append(done))
    assert [(release.version, release.ok) for release in found] == [
        ("1.1.0", True),
        ("1.0.0", True),
    ]
    assert seen == [(0, 2), (1, 2), (2, 2)]
    shallow = _shallow(shop)
    old = found[1].commit
    assert not shallow.git("cat-file", "--batch-check", "--batch-all-objects").count(old)
    assert rebuilt(shallow, "1.0.0")["1.0.0"].ok
    earlier = shop.git("rev-parse", "v1.0.0^")
    assert earlier not in shallow.git("cat-file", "--batch-check", "--batch-all-objects")
    assert shallow.git("status", "--porcelain") == ""
    with raises("E_NOT_FOUND", "no release 1.0.1"):
        rebuilt(shop, "1.0.1")


def test_a_commit_that_is_gone(shop: Shop) -> None:
    """In the remote too, the problem names it."""
    commit = shop.git("rev-parse", "v1.0.0^{}")
    remote = shop.root.parent / "shop-origin.git"
    fresh = _shallow(shop)
    shop.git("checkout", "--quiet", "--orphan", "alone")
    shop.commit()
    shop.git("push", "--quiet", "--force", "origin", "HEAD:main", ":refs/tags/v1.0.0")
    run_git(remote, "tag", "--delete", "v1.1.0")
    run_git(remote, "gc", "--quiet", "--prune=now")
    run = rebuilt(fresh)
    assert str(run["1.0.0"].error).startswith(f"The commit {commit[:12]} of 1.0.0 is gone.")
    assert run["1.1.0"].ok  # this clone has it


def _shallow(shop: Shop) -> Shop:
    """Return a clone with one commit; of a path, git would make a whole one."""
    url = f"file://{shop.git('remote', 'get-url', 'origin')}"
    root = shop.root.parent / "shallow"
    command = ("clone", "--quiet", "--depth=1", "--no-tags", "--branch=main", url, str(root))
    run_git(shop.root.parent, *command)
    return Shop(root, clock=shop.clock, clients=shop.clients)


def test_a_module_that_does_not_load_any_more(shop: Shop) -> None:
    """The error names the module, and the recorded versions that aren't installed here."""
    release = _release(shop, "1.0.0")
    versions = {**release.manifest.toolchain, "distributions": {"no-such-package": "1.0"}}
    shop.write("machines/made.py", "import no_such_package\n")
    commit = shop.commit()
    broken = replace(release, manifest=replace(release.manifest, commit=commit, toolchain=versions))
    found = Rebuilder(shop.workspace()).rebuild(broken)
    assert found.error is not None
    assert "made.py" in found.error.message
    assert "Versions that differ: no-such-package 1.0 (now none)." in found.error.why


def _release(shop: Shop, version: str) -> Release:
    workspace = shop.workspace()
    release = workspace.ledger.releases.release(workspace.snapshot(), version)
    assert release is not None
    return release


def test_a_commit_without_the_project(shop: Shop) -> None:
    """Or with a releases.toml that this version can't read."""
    release = _release(shop, "1.0.0")
    for text, words in (("[project]\nname = 'other'\n", "no releases.toml of"), ("[", "can't be")):
        shop.write("releases.toml", text)
        commit = shop.commit()
        shop.git("checkout", "--quiet", "HEAD~1", "--", "releases.toml")
        other = replace(release, manifest=replace(release.manifest, commit=commit))
        shop.git("show", f"{commit}:releases.toml")
        shop.git("checkout", "--quiet", "v1.1.0", "--", "releases.toml")
        assert words in str(Rebuilder(shop.workspace()).rebuild(other).error)


def test_adopted_releases_have_nothing_to_build(tmp_path: Path) -> None:
    """Asked for one, the problem says so; among all, they are left out."""
    shop = copy_shop(tmp_path)
    add_remote(shop)
    shop.client("prod").create_state_machine(
        name="hello",
        definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        roleArn="arn:aws:iam::000000000000:role/shop",
    )
    shop.publish("1.0.0", "prod", adopt=True)
    assert [*rebuilt(shop)] == ["1.0.0"]
    found = rebuilt(shop, "0.0.0-found.1")["0.0.0-found.1"]
    assert "was adopted from prod, so it has no commit" in str(found.error)


# The comparison


def make(toolchain: Toolchain = HERE, **results: object) -> Release:
    """Return a release of these workflows."""
    return make_release(
        [Declaration(name, definition(result)) for name, result in results.items()],
        project="shop",
        version="1.0.0",
        commit="a" * 40,
        tag="v1.0.0",
        date="2026-01-01T00:00:00Z",
        author="Ann",
        toolchain=asdict(toolchain),
        predecessor=None,
    )


def test_the_first_difference_and_the_versions_that_differ() -> None:
    """By state and by JSON path, with both values; other workflows are in order."""
    old = Toolchain("3.11.0", __version__, {"shapes": "1.0", "same": "1"})
    new = Toolchain("3.12.1", __version__, {"same": "1", "more": "2"})
    release = make(old, hello="one", other="x")
    declarations = [*make(hello="two", other="x").declarations.values()]
    found = compare_rebuild(release, declarations, new)
    assert not found.ok
    (difference,) = found.differences
    assert (difference.workflow, difference.released, difference.rebuilt) == (
        *("hello", '"one"', '"two"'),
    )
    assert difference.path == "$.definition.States.Only.Result"
    assert found.error is not None
    assert found.error.code == "E_NONDETERMINISTIC"
    assert 'hello: state "Only": Result "one" → "two"' in found.error.why
    assert (
        "Versions that differ: Python 3.11.0 (now 3.12.1), more none (now 2), shapes 1.0 (now"
        in (found.error.why)
    )
    assert "--toolchain recorded" in found.error.fix
    evidence = found.evidence(["hello", "other"])
    assert evidence["hello"].problem is not None
    assert evidence["other"].problem is None
    same = compare_rebuild(release, declarations, old)
    assert same.error is not None
    assert same.error.code == "E_TAMPERED"


def test_workflows_that_appear_and_disappear() -> None:
    """They are named."""
    found = compare_rebuild(make(hello="one"), [*make(other="x").declarations.values()], HERE)
    assert [(each.workflow, each.text) for each in found.differences] == [
        ("hello", "the commit doesn't build it"),
        ("other", "it isn't in the release"),
    ]
    assert "… and 1 more workflow differs." in str(found.error)


# The recorded toolchain


def wheel(folder: Path, version: str) -> None:
    """Write a wheel of the package ``shapes``, whose value is its version."""
    info = f"shapes-{version}.dist-info"
    files = {
        "shapes.py": f"VALUE = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: shapes\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    names = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"shapes-{version}-py3-none-any.whl", "w") as archive:
        for name, text in {**files, f"{info}/RECORD": names}.items():
            archive.writestr(name, text)


def test_the_recorded_versions_are_installed_when_asked_for(tmp_path: Path) -> None:
    """In a temporary environment, from the package index that pip knows."""
    wheel(tmp_path, "1.0")
    wheel(tmp_path, "2.0")
    shop = copy_shop(tmp_path)
    text = MODULE.format(value="shapes.VALUE").replace("import", "import shapes\nimport", 1)
    shop.write("workflows/made.py", text)
    commit = shop.commit()
    workspace = _with_index(shop.workspace(), tmp_path)
    shapes = replace(HERE, distributions={"shapes": "1.0"})
    with recorded_python(shapes, workspace.runtime.environ) as python:
        built = rebuild_commit(
            lambda roots: export_commit(workspace.git.repository, commit, "", roots),
            "workflows",
            work_tree=shop.root,
            python=python.python,
        )
    assert python.missing == ()
    assert built.toolchain.distributions["shapes"] == "1.0"
    release = make_release(
        built.declarations,
        project="shop",
        version="1.0.0",
        commit=commit,
        tag="v1.0.0",
        date="2026-01-01T00:00:00Z",
        author="Ann",
        toolchain=asdict(built.toolchain),
        predecessor=None,
    )
    with Rebuilder(workspace, "recorded") as rebuilder:
        assert rebuilder.rebuild(release).ok
        other = {**release.manifest.toolchain, "distributions": {"shapes": "2.0", "gone": "1"}}
        changed = replace(release, manifest=replace(release.manifest, toolchain=other))
        found = rebuilder.rebuild(changed)
        assert found.differences[0].rebuilt == '"2.0"'
        assert "gone 1 (" in str(found.error)
    with Rebuilder(workspace) as rebuilder:
        assert "shapes 1.0 (now none)" in str(rebuilder.rebuild(release).error)


def _with_index(workspace: Workspace, folder: Path) -> Workspace:
    environ = {"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
    environ["HOME"] = str(folder)
    return replace(workspace, runtime=replace(workspace.runtime, environ=environ))


@pytest.mark.parametrize("name", ["--index-url=http://evil", "shapes @ http://evil", "a\nb"])
def test_only_names_and_versions_are_installed(name: str) -> None:
    """The ledger isn't trusted."""
    for toolchain in (
        replace(HERE, distributions={name: "1.0"}),
        replace(HERE, distributions={"shapes": name}),
        replace(HERE, python=name),
    ):
        with raises("E_BUILD", "isn't a package and a version"), recorded_python(toolchain, {}):
            pass


def test_a_python_that_is_not_here_is_named(tmp_path: Path) -> None:
    """Without uv, the nearest one is used."""
    environ = {"PATH": str(tmp_path)}
    with recorded_python(replace(HERE, python="3.1.4"), environ) as python:
        assert python.missing == (f"Python 3.1.4 (it is {platform.python_version()})",)
