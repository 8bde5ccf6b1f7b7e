"""Publishing: what is refused, what is written, and that nothing else is touched."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from sfn_release.canonical import digest
from sfn_release.operations.verbs.history import history
from sfn_release.operations.verbs.releases import releases
from sfn_release.operations.verbs.show import show
from support.errors import refused
from support.git import isolate_git, run_git
from support.shop import (
    CONFIG,
    LOCAL,
    RELEASES,
    ROLE,
    Shop,
    add_remote,
    copy_shop,
    make_shop,
    untouched,
)
from support.values import definition


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return copy_shop(tmp_path)


# What it does


def test_a_release_is_a_tag_a_commit_and_its_deployment(shop: Shop) -> None:
    """Exactly these refs, and the workflow runs."""
    before = shop.refs()
    head = shop.git("rev-parse", "HEAD")
    published = shop.publish("1.0.0")
    (record,) = published.deployments
    assert (record.account, record.region) == ("000000000000", "us-east-1")
    assert {"refs/tags/v1.0.0", RELEASES, LOCAL} == shop.refs().keys() - before.keys()
    assert ("1.0.0", head, False) == (
        published.release.version,
        published.release.manifest.commit,
        published.already_released,
    )
    assert [(one.environment, one.action, one.status) for one in published.deployments] == [
        ("local", "publish", "succeeded")
    ]
    assert shop.live("hello") == ("one", "one")


def test_nothing_of_the_clone_is_touched(shop: Shop) -> None:
    """Not the work tree, the index, HEAD or the current branch, by any verb."""
    shop.write(".gitignore", "*.tmp\n")
    shop.commit()
    shop.write("kept.tmp", "mine")
    before = untouched(shop)
    shop.publish("1.0.0")
    shop.publish("1.0.0")
    shop.deploy("1.0.0")
    history(shop.workspace())
    assert before == untouched(shop)


def test_the_tree_of_a_release_is_its_manifest_and_its_definitions(shop: Shop) -> None:
    """Indented, so that git's own diff reads well; the manifest says where it is from."""
    head = shop.commit(bye={"a": [1]})
    shop.publish("1.0.0")
    files = shop.git("ls-tree", "-r", "--name-only", RELEASES).splitlines()
    assert files == [
        "definitions/bye.asl.json",
        "definitions/hello.asl.json",
        "manifest.json",
    ]
    text = shop.git("show", f"{RELEASES}:definitions/bye.asl.json")
    assert json.dumps(definition({"a": [1]}), indent=2) == text
    manifest = json.loads(shop.git("show", f"{RELEASES}:manifest.json"))
    workflows = manifest.pop("workflows")
    toolchain = manifest.pop("toolchain")
    assert {
        "schema": "sfn-release/manifest/1",
        "project": "shop",
        "version": "1.0.0",
        "commit": head,
        "tag": "v1.0.0",
        "date": manifest["date"],
        "author": manifest["author"],
        "release_digest": digest({name: one["digest"] for name, one in workflows.items()}),
    } == manifest
    assert re.fullmatch(r"2030-01-01T12:\d\d:\d\dZ", manifest["date"])
    assert {"python", "sfn_release", "distributions"} == toolchain.keys()
    assert digest(definition({"a": [1]})) == workflows["bye"]["definition_digest"]
    assert tuple(workflows["bye"][key] for key in ("since", "states", "source")) == (
        "1.0.0",
        1,
        "workflows/bye.asl.json",
    )


def test_the_tag_is_annotated_and_tells_notes_and_digests(shop: Shop) -> None:
    """On the source commit; the notes are the version's section of CHANGELOG.md."""
    shop.write(
        "CHANGELOG.md", "# Changes\n\n## [1.0.0] - 2030-01-01\n\n- Says hello.\n\n## 0.9.0\n"
    )
    head = shop.commit()
    release = shop.publish("1.0.0").release
    assert shop.git("cat-file", "-t", "v1.0.0") == "tag"
    assert head == shop.git("rev-parse", "v1.0.0^{commit}")
    message = shop.git("tag", "--list", "--format=%(contents)", "v1.0.0")
    entry = release.manifest.workflows["hello"]
    assert message.rstrip() == (
        f"shop 1.0.0\n\n- Says hello.\n\nRelease digest: {release.digest}\n{entry.digest}  hello"
    )
    assert [text for text in shop.watcher.said if "CHANGELOG" in text] == []


def test_without_notes_it_warns_and_goes_on(shop: Shop) -> None:
    """A changelog is good to have, and no condition."""
    shop.publish("1.0.0")
    assert "CHANGELOG.md has no section for 1.0.0" in shop.watcher.said


def test_since_names_the_release_that_brought_the_content(shop: Shop) -> None:
    """Of each workflow by itself, seen from the highest release below."""
    shop.commit(bye="x")
    shop.publish("1.0.0", deploy=False)
    shop.commit(hello="two")
    shop.publish("1.1.0", deploy=False)
    shop.commit(hello="one")
    shop.publish("1.2.0", deploy=False)
    since = {
        version: {
            name: entry.since
            for name, entry in show(shop.workspace(), version).manifest.workflows.items()
        }
        for version in ("1.0.0", "1.1.0", "1.2.0")
    }
    assert since == {
        "1.0.0": {"bye": "1.0.0", "hello": "1.0.0"},
        "1.1.0": {"bye": "1.0.0", "hello": "1.1.0"},
        "1.2.0": {"bye": "1.0.0", "hello": "1.2.0"},
    }


def test_a_fix_of_an_old_line_looks_at_its_own_predecessor(shop: Shop) -> None:
    """1.0.1 after 2.0.0: the release below it is 1.0.0, and releases are listed by precedence."""
    for version, content in (("1.0.0", "a"), ("2.0.0", "b"), ("1.0.1", "a"), ("2.0.0-rc.1", "b")):
        shop.release(version, hello=content)
    listed = releases(shop.workspace())
    assert [(one.manifest.version, one.manifest.workflows["hello"].since) for one in listed] == [
        ("2.0.0", "2.0.0"),
        ("2.0.0-rc.1", "2.0.0-rc.1"),
        ("1.0.1", "1.0.0"),
        ("1.0.0", "1.0.0"),
    ]


def test_no_deploy_only_releases(shop: Shop) -> None:
    """No environment is touched."""
    published = shop.publish("1.0.0", deploy=False)
    assert (published.deployments, LOCAL in shop.refs()) == ((), False)


def test_several_environments_get_it_in_one_run(shop: Shop) -> None:
    """In the order in which they were named."""
    shop.write("releases.toml", CONFIG.replace('name = "shop"', 'name = "shop"\nremote = ""'))
    shop.commit()
    published = shop.publish("1.0.0", "prod", "local")
    assert [one.environment for one in published.deployments] == ["prod", "local"]
    assert ("one", "one") == shop.live("hello", "prod") == shop.live("hello")


def test_a_failure_in_one_environment_tells_how_far_it_came(shop: Shop) -> None:
    """The others get it all the same; the same command goes on from there."""
    config = CONFIG.replace('name = "shop"', 'name = "shop"\nremote = ""')
    third = CONFIG[CONFIG.index("[environments.prod]") :].replace("prod", "third")
    shop.write("releases.toml", config + third)
    shop.commit()

    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://states.example")

    events = shop.client("prod").meta.events  # type: ignore[attr-defined]  # it is boto3's client
    call = "before-call.stepfunctions.CreateStateMachineAlias"
    events.register(call, unreachable)
    done = shop.publish("1.0.0", "local", "prod", "third")
    assert {name: error.code for name, error in done.errors.items()} == {"prod": "E_NETWORK"}
    assert "1.0.0 is released, but not deployed to prod." in done.errors["prod"].why
    assert [one.environment for one in done.deployments] == ["local", "third"]
    events.unregister(call, unreachable)
    again = shop.publish("1.0.0", "local", "prod", "third")
    assert [one.environment for one in again.deployments] == ["prod"]


# A version never changes


def test_publishing_again_with_equal_content_does_nothing(shop: Shop) -> None:
    """It says so, and neither Git nor AWS is written to: layout is not content."""
    shop.publish("1.0.0")
    refs = shop.refs()
    text = json.dumps(dict(reversed(definition("one").items())), indent=7)
    shop.write("workflows/hello.asl.json", text)
    shop.commit()
    again = shop.publish("1.0.0")
    assert (again.already_released, again.deployments) == (True, ())
    assert {**refs, "refs/heads/main": shop.git("rev-parse", "HEAD")} == shop.refs()


def test_publishing_other_content_is_refused_with_the_differences(shop: Shop) -> None:
    """And with what to do; nothing is written."""
    shop.publish("1.0.0")
    shop.commit(hello="two", bye="x")
    refs = shop.refs()
    with refused(
        "E_IMMUTABLE",
        "1.0.0 is already released with different content.",
        'hello: state "Only": Result "one" → "two"',
        "bye: workflow added",
        "sfn-release publish 1.0.1",
    ):
        shop.publish("1.0.0")
    assert refs == shop.refs()


def test_equal_content_may_have_two_versions(shop: Shop) -> None:
    """The digest does not contain the version, so AWS gets nothing new."""
    one = shop.publish("1.0.0").release
    two = shop.publish("1.0.1")
    assert one.digest == two.release.digest
    assert [item.change for item in two.deployments[0].workflows.values()] == ["unchanged"]
    assert (shop.serving().version, shop.versions("hello")) == ("1.0.1", [1])


def test_an_old_run_never_downgrades(shop: Shop) -> None:
    """Publishing a version that was live before and is not is an error that says what to use."""
    shop.publish("1.0.0")
    shop.commit(hello="two")
    shop.publish("1.1.0")
    shop.git("checkout", "--quiet", "v1.0.0")
    with refused("E_CONFLICT", "local runs 1.1.0", "deploy 1.0.0", "rollback 1.0.0"):
        shop.publish("1.0.0")
    assert shop.live("hello") == ("two", "two")


def test_publishing_again_deploys_where_it_never_was(shop: Shop) -> None:
    """A release made with --no-deploy, for example."""
    shop.publish("1.0.0")
    shop.release("1.1.0", hello="two")
    assert shop.publish("1.1.0").deployments[0].status == "succeeded"
    assert shop.live("hello") == ("two", "two")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("1.2", "not a semantic version"),
        ("latest", "not a semantic version"),
        ("01.2.3", "not a semantic version"),
        ("", "not a semantic version"),
        ("--help", "not a semantic version"),
        ("1.2.3+build.1", "build metadata"),
        ("1.2.3-x.lock", "cannot be a Git tag"),
    ],
)
def test_what_is_no_version_is_refused(shop: Shop, version: str, words: str) -> None:
    """With the reason, before anything is built."""
    with refused("E_VERSION", words):
        shop.publish(version)
    assert shop.watcher.said == []


def test_a_leading_v_is_accepted(shop: Shop) -> None:
    """People write tags where they mean versions."""
    assert shop.publish("v1.2.0-rc.1", deploy=False).release.version == "1.2.0-rc.1"


def test_a_modules_version_must_be_the_since_of_its_content(shop: Shop) -> None:
    """What a person reads in the module is what the ledger says."""
    shop.write(
        "workflows/timed.py",
        "import sfn_release as sfn\n"
        '__version__ = "1.0.0"\n'
        "workflow = sfn.Workflow()\n"
        'workflow.start_from(sfn.Pass(id="Only")).end()\n',
    )
    shop.commit()
    with refused("E_VERSION", "workflows/timed.py", "'1.0.0'", "1.1.0"):
        shop.publish("1.1.0", deploy=False)
    shop.publish("1.0.0", deploy=False)
    shop.commit(hello="two")
    shop.publish("1.1.0", deploy=False)


# The work tree must be the commit


def edit(shop: Shop) -> None:
    shop.workflow("hello", "edited")


def stage(shop: Shop) -> None:
    shop.workflow("hello", "staged")
    shop.git("add", "--all")
    shop.git("show", "HEAD:workflows/hello.asl.json")


def delete(shop: Shop) -> None:
    (shop.root / "workflows/hello.asl.json").unlink()


def add_untracked(shop: Shop) -> None:
    shop.workflow("é new", "untracked")
    shop.git("config", "status.showUntrackedFiles", "no")


def rename(shop: Shop) -> None:
    shop.git("mv", "workflows/hello.asl.json", "workflows/bye.asl.json")


def assume_unchanged(shop: Shop) -> None:
    shop.git("update-index", "--assume-unchanged", "workflows/hello.asl.json")
    shop.workflow("hello", "hidden")


def skip_worktree(shop: Shop) -> None:
    shop.git("update-index", "--skip-worktree", "workflows/hello.asl.json")
    shop.workflow("hello", "hidden")


def intend_to_add(shop: Shop) -> None:
    shop.workflow("new", "x")
    shop.git("add", "--intent-to-add", "workflows/new.asl.json")


DIRTY = {
    edit: "workflows/hello.asl.json (modified)",
    stage: "workflows/hello.asl.json (modified)",
    delete: "workflows/hello.asl.json (deleted)",
    add_untracked: "workflows/é new.asl.json (untracked)",
    rename: "workflows/bye.asl.json (added, not committed)",
    assume_unchanged: "workflows/hello.asl.json (hidden by assume-unchanged)",
    skip_worktree: "workflows/hello.asl.json (hidden by skip-worktree)",
    intend_to_add: "workflows/new.asl.json (added, not committed)",
}


@pytest.mark.parametrize(("change", "line"), DIRTY.items(), ids=[one.__name__ for one in DIRTY])
def test_a_dirty_tree_is_refused(shop: Shop, change: object, line: str) -> None:
    """The error lists every file, hidden ones too, and the commands to run; nothing is written."""
    assert callable(change)
    change(shop)
    refs = shop.refs()
    with refused("E_DIRTY", line, "git add", "git stash"):
        shop.publish("1.0.0")
    assert refs == shop.refs()


def test_ignored_files_are_not_part_of_a_release(shop: Shop) -> None:
    """Neither in its way: what is built is the commit."""
    shop.write(".gitignore", "workflows/mine.*\n")
    shop.commit()
    shop.workflow("mine", "x")
    assert list(shop.publish("1.0.0", deploy=False).release.declarations) == ["hello"]


def test_a_repository_without_a_commit_is_refused(tmp_path: Path) -> None:
    """There is nothing to release yet; the error says what to run."""
    shop = Shop(tmp_path / "shop")
    shop.root.mkdir()
    shop.git("init", "--quiet")
    shop.write("releases.toml", CONFIG)
    shop.workflow("hello", 1)
    with refused("E_NOT_FOUND", "no commit yet", "git commit"):
        shop.publish("1.0.0")
    assert shop.refs() == {}


def test_no_repository_is_an_error_of_its_own(tmp_path: Path) -> None:
    """And so are a bare one, and a repository without a project."""
    with refused("E_NOT_FOUND", "not in a Git repository", "git init"):
        Shop(tmp_path).workspace()
    run_git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    with refused("E_NOT_FOUND", "bare repository"):
        Shop(tmp_path / "bare.git").workspace()
    run_git(tmp_path, "init", "--quiet", "empty")
    with refused("E_NOT_FOUND", "releases.toml", "sfn-release init"):
        Shop(tmp_path / "empty").workspace()


def test_a_build_that_fails_takes_no_version(shop: Shop) -> None:
    """Everything that can be refused is refused first."""
    shop.write("workflows/broken.asl.json", '{"StartAt": "A", "States": {}}')
    shop.commit()
    refs = shop.refs()
    with refused("E_DEFINITION", "broken"):
        shop.publish("1.0.0")
    assert refs == shop.refs()


def test_a_plan_that_is_refused_takes_no_version(shop: Shop) -> None:
    """A machine of that name is somebody else's, in the second of two environments."""
    shop.write("releases.toml", CONFIG.replace('name = "shop"', 'name = "shop"\nremote = ""'))
    shop.commit()
    shop.client("prod").create_state_machine(
        name="hello", roleArn=ROLE, definition=json.dumps(definition("theirs"))
    )
    refs = shop.refs()
    with refused(
        "E_SEVERAL",
        "Nothing was started: 1.0.0 can't be deployed to prod.",
        "prod: The state machine hello does",
    ):
        shop.publish("1.0.0", "local", "prod")
    assert refs == shop.refs()
    published = shop.publish("1.0.0", "local", "prod", adopt=True)
    assert [one.workflows["hello"].change for one in published.deployments] == [
        "created",
        "updated",
    ]
    assert shop.live("hello", "prod") == ("one", "one")


def test_a_shared_environment_needs_a_ledger_that_is_shared(shop: Shop) -> None:
    """Or the word that this clone is the only one that deploys, and then a warning."""
    with refused("E_CONFIG", "prod is shared", "origin", 'remote = ""'):
        shop.publish("1.0.0", "prod")
    shop.write("releases.toml", CONFIG.replace('name = "shop"', 'name = "shop"\nremote = ""'))
    shop.commit()
    shop.publish("1.0.0", "prod")
    assert [text for text in shop.watcher.said if text.startswith("warning:")]


def test_releases_toml_must_be_committed_outside_local(shop: Shop) -> None:
    """A deployment is one that everybody can repeat; its blob is in the record."""
    add_remote(shop)
    shop.release("1.0.0")
    shop.write("releases.toml", CONFIG + "# mine\n")
    with refused("E_DIRTY", "releases.toml (modified)"):
        shop.deploy("1.0.0", "prod")
    record = shop.deploy("1.0.0", "local")
    assert record is not None
    assert shop.git("rev-parse", "HEAD:releases.toml") == record.config_blob


# The tag


@pytest.mark.parametrize(
    "options", [(), ("--annotate", "--message=mine")], ids=["light", "annotated"]
)
def test_a_tag_that_a_person_made_on_this_commit_is_kept(
    shop: Shop, options: tuple[str, ...]
) -> None:
    """As it is, lightweight too: it names the right source."""
    shop.git("tag", *options, "v1.0.0")
    tag = shop.refs()["refs/tags/v1.0.0"]
    shop.publish("1.0.0")
    assert tag == shop.refs()["refs/tags/v1.0.0"]


@pytest.mark.parametrize(
    "options", [(), ("--annotate", "--message=mine")], ids=["light", "annotated"]
)
def test_a_tag_on_another_commit_is_a_conflict(shop: Shop, options: tuple[str, ...]) -> None:
    """A release's tag names its source; nothing is written."""
    shop.git("tag", *options, "v1.0.0")
    shop.commit(hello="two")
    refs = shop.refs()
    with refused("E_CONFLICT", "The tag v1.0.0 exists", "on another commit"):
        shop.publish("1.0.0")
    assert refs == shop.refs()


def test_a_release_whose_tag_was_lost_gets_it_again(shop: Shop) -> None:
    """A crash between the two is finished by publishing again."""
    shop.publish("1.0.0")
    tag = shop.refs()["refs/tags/v1.0.0"]
    shop.git("tag", "--delete", "v1.0.0")
    assert shop.publish("1.0.0").already_released
    assert shop.git("rev-parse", "v1.0.0^{commit}") == shop.git("rev-parse", f"{tag}^{{commit}}")


# Repositories and machines of all kinds


def test_a_project_in_a_subfolder_has_its_own_tags(tmp_path: Path) -> None:
    """Two projects in one repository, released apart; only their own folder must be clean."""
    root = make_shop(tmp_path / "mono")
    for name in ("a", "b c"):
        project = replace(root, folder=f"services/{name}")
        slug = name.replace(" ", "-")
        config = CONFIG.replace('"shop"', f'"{slug}"\ntag = "{slug}/v{{version}}"')
        project.write("releases.toml", config)
        project.workflow(f"of-{slug}", slug)
    root.commit()
    root.write("services/a/workflows/new.txt", "dirty")
    other = replace(root, folder="services/b c", clients={})
    assert list(other.publish("1.0.0").release.declarations) == ["of-b-c"]
    with refused("E_DIRTY", "services/a/workflows/new.txt (untracked)"):
        replace(root, folder="services/a").publish("1.0.0")
    assert {
        "refs/heads/main",
        "refs/heads/sfn-release/b-c/env/local",
        "refs/heads/sfn-release/b-c/releases",
        "refs/tags/b-c/v1.0.0",
    } == root.refs().keys()


def test_paths_may_hold_spaces_and_any_script(tmp_path: Path) -> None:
    """In the repository's folder and below it."""
    shop = make_shop(tmp_path / "Müllers läden 日本 'x'", workflows={"grüße": "hallo"})
    shop.publish("1.0.0")
    assert shop.live("grüße") == ("hallo", "hallo")
    assert list(show(shop.workspace(), "1.0.0").declarations) == ["grüße"]


def test_a_sha_256_repository_works(tmp_path: Path) -> None:
    """Ids are longer there, and an absent ref is not forty zeros."""
    shop = Shop(tmp_path / "shop")
    shop.root.mkdir()
    shop.git("init", "--quiet", "--object-format=sha256")
    shop.write("releases.toml", CONFIG)
    shop.commit(hello="one")
    add_remote(shop)
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    shop.rollback(environment="prod")
    assert shop.live("hello", "prod") == ("one", "one")


def test_hooks_do_not_run(shop: Shop) -> None:
    """The ledger is not the user's branch: no hook of theirs may veto half a release."""
    add_remote(shop)
    hooks = shop.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "commit-msg", "pre-push", "reference-transaction", "post-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{shop.root.parent}/ran-{name}'\nexit 1\n")
        (hooks / name).chmod(0o755)
    shop.publish("1.0.0", "prod")
    assert list(shop.root.parent.glob("ran-*")) == []


def test_signing_by_default_is_no_obstacle(shop: Shop) -> None:
    """A release bot has no key, and the ledger's commits are the tool's."""
    for key in ("commit.gpgSign", "tag.gpgSign", "tag.forceSignAnnotated", "push.gpgSign"):
        shop.git("config", key, "true")
    shop.git("config", "gpg.program", "/nonexistent/gpg")
    add = add_remote(shop) if shop.git("config", "push.gpgSign", "if-asked") == "" else None
    assert add
    shop.git("config", "push.gpgSign", "true")
    shop.publish("1.0.0", "prod")


def test_without_an_identity_the_actor_signs(shop: Shop) -> None:
    """As in a container: no user.name, no user.email, an empty HOME."""
    shop.publish("1.0.0")
    assert shop.git("log", "-1", "--format=%an <%ae>", RELEASES) == "ann <ann@desk>"
    assert show(shop.workspace(), "1.0.0").manifest.author == "ann <ann@desk>"


def test_gits_identity_signs_where_there_is_one(shop: Shop) -> None:
    """And its name is in the manifest, on the ledger's commits, on the tag."""
    shop.git("config", "user.name", "Bøb ☃")
    shop.git("config", "user.email", "bob@example.com")
    shop.publish("1.0.0")
    bob = "Bøb ☃ <bob@example.com>"
    assert {bob} == {
        show(shop.workspace(), "1.0.0").manifest.author,
        shop.git("log", "-1", "--format=%cn <%ce>", RELEASES),
        shop.git("log", "-1", "--format=%an <%ae>", LOCAL),
        shop.git("tag", "--list", "--format=%(taggername) %(taggeremail)", "v1.0.0"),
    }


def test_git_variables_of_another_repository_are_not_followed(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook or an alias of git exports them."""
    other = make_shop(tmp_path / "other")
    before = other.refs(), untouched(other)
    for name, value in {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_INDEX_FILE": str(other.root / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(other.root / ".git" / "objects"),
        "GIT_NAMESPACE": "other",
    }.items():
        monkeypatch.setenv(name, value)
    shop.publish("1.0.0")
    isolate_git(monkeypatch, tmp_path / "home")
    for name in ("WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "NAMESPACE"):
        monkeypatch.delenv(f"GIT_{name}")
    assert before == (other.refs(), untouched(other))
    assert RELEASES in shop.refs()


def test_what_is_built_does_not_depend_on_this_machine(shop: Shop) -> None:
    """Neither line ends nor attributes of the clone change what a commit is."""
    plain = shop.publish("1.0.0", deploy=False).release
    shop.git("config", "core.autocrlf", "true")
    shop.git("config", "core.eol", "crlf")
    (shop.root / ".git" / "info").mkdir(exist_ok=True)
    (shop.root / ".git" / "info" / "attributes").write_text("*.json export-ignore\n*.toml -diff\n")
    again = shop.publish("1.0.1", deploy=False).release
    assert plain.digest == again.digest


def test_a_detached_head_is_released(shop: Shop) -> None:
    """As in CI."""
    shop.git("checkout", "--quiet", "--detach")
    shop.publish("1.0.0")
    assert shop.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"


def test_a_linked_worktree_shares_the_ledger(shop: Shop, tmp_path: Path) -> None:
    """Records, `local` and releases are one for all work trees of a clone."""
    shop.publish("1.0.0")
    shop.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    linked = Shop(tmp_path / "linked", clock=shop.clock)
    linked.commit(hello="two")
    linked.publish("1.1.0")
    assert (shop.serving().version, shop.live("hello")) == ("1.1.0", ("two", "two"))


@pytest.mark.parametrize("branch", ["sfn-release", "sfn-release/shop"])
def test_a_branch_in_the_way_of_the_ledger_is_named(shop: Shop, branch: str) -> None:
    """Git cannot keep a branch and branches below it; the error says which, and what to do."""
    shop.git("branch", branch)
    with refused("E_CONFLICT", f"refs/heads/{branch}", "git branch -m", "`ledger`"):
        shop.publish("1.0.0")


@pytest.mark.parametrize("ref", ["releases", "env/local"])
def test_a_ledger_branch_that_is_checked_out_is_not_moved(
    shop: Shop, tmp_path: Path, ref: str
) -> None:
    """It would move under whoever looks at it there."""
    shop.publish("1.0.0")
    branch = f"sfn-release/shop/{ref}"
    shop.git("worktree", "add", "--quiet", str(tmp_path / "look"), branch)
    before = shop.git("rev-parse", branch)
    shop.commit(hello="two")
    with refused("E_CONFLICT", f"refs/heads/{branch}", "checked out"):
        shop.publish("1.1.0")
    assert before == shop.git("rev-parse", branch)


def test_the_ledger_can_live_outside_the_branches(tmp_path: Path) -> None:
    """For hosts whose rules for all branches would refuse it."""
    config = CONFIG.replace('"shop"', '"shop"\nledger = "refs/sfn-release"')
    shop = make_shop(tmp_path / "shop", config=config)
    add_remote(shop)
    shop.publish("1.0.0", "prod", "local")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod", "local")
    shop.rollback(environment="prod")
    assert [ref for ref in shop.refs() if ref.startswith(("refs/heads/", "refs/remotes/"))] == [
        "refs/heads/main",
        "refs/remotes/origin/main",
    ]
    assert (shop.serving("prod").version, shop.serving("local").version) == ("1.0.0", "1.1.0")


def test_a_machine_without_git_is_told_what_to_install(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One clear error, not GitPython's."""
    monkeypatch.setenv("PATH", str(shop.root))
    with refused("E_GIT", "git was not found", "https://git-scm.com/"):
        shop.workspace()


def test_a_folder_that_is_gone_is_named(shop: Shop) -> None:
    """Not taken for a missing git."""
    shutil.rmtree(shop.root)
    with refused("E_NOT_FOUND", str(shop.root)):
        shop.workspace()
