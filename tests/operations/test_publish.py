"""Publishing: its refusals, its results, and that nothing else changes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from sfn_release.canonical import digest
from sfn_release.operations.verbs.history import history
from sfn_release.operations.verbs.releases import releases
from sfn_release.operations.verbs.show import show
from support.errors import refused
from support.shop import (
    CONFIG,
    LOCAL,
    RELEASES,
    Shop,
    copy_shop,
    untouched,
)
from support.values import definition


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return copy_shop(tmp_path)


# The results of publishing


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
    assert [
        (record.environment, record.action, record.status) for record in published.deployments
    ] == [("local", "publish", "succeeded")]
    assert shop.live("hello") == ("one", "one")


def test_nothing_of_the_clone_is_touched(shop: Shop) -> None:
    """No verb touches the work tree, the index, HEAD or the current branch."""
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
        "release_digest": digest(
            {name: workflow["digest"] for name, workflow in workflows.items()}
        ),
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
    """It is on the source commit; the notes are the version's section of CHANGELOG.md."""
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
    assert "CHANGELOG.md has no section for 1.0.0: the release has no notes" in shop.watcher.said


def test_since_names_the_release_that_brought_the_content(shop: Shop) -> None:
    """Each workflow has its own `since`, from the highest release below."""
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
    assert [
        (release.manifest.version, release.manifest.workflows["hello"].since) for release in listed
    ] == [
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
    """They are deployed in the order of the command line."""
    shop.write("releases.toml", CONFIG.replace('name = "shop"', 'name = "shop"\nremote = ""'))
    shop.commit()
    published = shop.publish("1.0.0", "prod", "local")
    assert [record.environment for record in published.deployments] == ["prod", "local"]
    assert ("one", "one") == shop.live("hello", "prod") == shop.live("hello")


def test_a_failure_in_one_environment_tells_how_far_it_came(shop: Shop) -> None:
    """The other environments still get it, and the same command goes on from there."""
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
    assert [record.environment for record in done.deployments] == ["local", "third"]
    events.unregister(call, unreachable)
    again = shop.publish("1.0.0", "local", "prod", "third")
    assert [record.environment for record in again.deployments] == ["prod"]


# A version never changes


def test_publishing_again_with_equal_content_does_nothing(shop: Shop) -> None:
    """The output says so, and Git and AWS stay the same: layout isn't content."""
    shop.publish("1.0.0")
    refs = shop.refs()
    text = json.dumps(dict(reversed(definition("one").items())), indent=7)
    shop.write("workflows/hello.asl.json", text)
    shop.commit()
    again = shop.publish("1.0.0")
    assert (again.already_released, again.deployments) == (True, ())
    assert {**refs, "refs/heads/main": shop.git("rev-parse", "HEAD")} == shop.refs()


def test_publishing_other_content_is_refused_with_the_differences(shop: Shop) -> None:
    """The error names the next step, and nothing is written."""
    shop.publish("1.0.0")
    shop.commit(hello="two", bye="x")
    refs = shop.refs()
    with refused(
        "E_IMMUTABLE",
        "1.0.0 is already released with different content.",
        'hello: state "Only": Result "one" → "two"',
        "bye: workflow added",
        "sfn-release publish 1.1.0",
    ):
        shop.publish("1.0.0")
    assert refs == shop.refs()


def test_refused_content_that_is_released_already_is_named(shop: Shop) -> None:
    """A version that would only repeat another release isn't proposed."""
    shop.publish("1.0.0")
    shop.commit(hello="two")
    shop.publish("1.1.0")
    with refused("E_IMMUTABLE", "A release never changes. Your content is 1.1.0 already."):
        shop.publish("1.0.0")
    shop.commit(hello="three")
    with refused("E_IMMUTABLE", "under a higher version:  sfn-release publish 1.2.0"):
        shop.publish("1.0.0")


def test_equal_content_may_have_two_versions(shop: Shop) -> None:
    """The digest does not contain the version, so AWS gets nothing new."""
    one = shop.publish("1.0.0").release
    two = shop.publish("1.0.1")
    assert one.digest == two.release.digest
    assert [item.change for item in two.deployments[0].workflows.values()] == ["unchanged"]
    assert (shop.serving().version, shop.versions("hello")) == ("1.0.1", [1])


def test_an_old_run_never_downgrades(shop: Shop) -> None:
    """Publishing a version that was live before is an error that names the right command."""
    shop.publish("1.0.0")
    shop.commit(hello="two")
    shop.publish("1.1.0")
    shop.git("checkout", "--quiet", "v1.0.0")
    with refused("E_CONFLICT", "local is on 1.1.0", "deploy 1.0.0", "rollback 1.0.0"):
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
        ("1.2.3-x.lock", "can't be a Git tag"),
    ],
)
def test_what_is_no_version_is_refused(shop: Shop, version: str, words: str) -> None:
    """The error gives the reason, before anything is built."""
    with refused("E_VERSION", words):
        shop.publish(version)
    assert shop.watcher.said == []


def test_a_leading_v_is_accepted(shop: Shop) -> None:
    """People write tags where they mean versions."""
    assert shop.publish("v1.2.0-rc.1", deploy=False).release.version == "1.2.0-rc.1"


def test_a_modules_version_must_be_the_since_of_its_content(shop: Shop) -> None:
    """The version in a module must match the ledger, so that readers can trust it."""
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


# The tag


@pytest.mark.parametrize(
    "options", [(), ("--annotate", "--message=mine")], ids=["light", "annotated"]
)
def test_a_tag_that_a_person_made_on_this_commit_is_kept(
    shop: Shop, options: tuple[str, ...]
) -> None:
    """It stays as it is, even if lightweight, because it names the right source."""
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
