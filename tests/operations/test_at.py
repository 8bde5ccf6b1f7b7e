"""at: what was live at a moment, from the records alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfn_release.errors import UsageError
from sfn_release.operations.verbs.at import LiveAt, at
from support.command_line import Project
from support.errors import refused
from support.faults import KilledError
from support.shop import ALONE, Shop, copy_shop, made_once


def _make(shop: Shop) -> None:
    """1.0.0 at one, 1.1.0 at two, rolled back at three, deleted at four; each ends in seconds."""
    shop.write("releases.toml", ALONE)
    shop.commit(hello=1, bye=1)
    shop.clock.forward(hours=1)
    shop.publish("1.0.0", "prod")
    shop.commit(hello=2)
    shop.clock.forward(hours=1)
    shop.publish("1.1.0", "prod")
    shop.clock.forward(hours=1)
    shop.rollback(environment="prod", reason="charges twice")
    shop.clock.forward(hours=1)
    shop.delete("bye", "prod")
    shop.clock.forward(hours=1)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone without a remote, whose clock is five hours after it began."""
    return made_once(tmp_path, "at", _make)


def ago(shop: Shop, time: str) -> LiveAt:
    return at(shop.workspace(), time, environment="prod")


def test_each_moment_has_its_release(shop: Shop) -> None:
    """Between two successes, the first one is live; the next one says until when."""
    moments = {span: ago(shop, span) for span in ("4h30m", "3h30m", "2h30m", "1h30m", "30m", "0s")}

    found = {
        span: (then.serving.version, then.deployed.action, then.until and then.until.action)
        for span, then in moments.items()
        if then.serving and then.deployed
    }
    assert found == {
        "3h30m": ("1.0.0", "publish", "publish"),
        "2h30m": ("1.1.0", "publish", "rollback"),
        "1h30m": ("1.0.0", "rollback", "delete"),
        "30m": ("1.0.0", "rollback", None),  # a deletion brings no release
        "0s": ("1.0.0", "rollback", None),
    }
    assert moments["4h30m"].serving is None
    assert moments["4h30m"].until == moments["3h30m"].deployed
    assert all(then.under_way is None for then in moments.values())
    assert [*moments["1h30m"].to_json()["workflows"]] != moments["30m"].to_json()["workflows"]
    assert [served["name"] for served in moments["30m"].to_json()["workflows"]] == ["hello"]


def test_the_very_second_of_the_end_belongs_to_the_new_release(shop: Shop) -> None:
    """A time is the record's own; with an offset it is the same moment."""
    then = ago(shop, "3h30m")
    assert then.deployed
    assert then.deployed.finished_at
    end = then.deployed.finished_at
    again = ago(shop, end)
    assert again.serving == then.serving
    elsewhere = end.replace("Z", "+00:00")
    assert ago(shop, elsewhere).to_json() == again.to_json()


def test_a_deployment_under_way_is_named_with_its_end(shop: Shop) -> None:
    """Between start and end, callers may get either release; so it says so, and how it ended."""
    then = ago(shop, "2h30m")
    assert then.deployed
    under_way = ago(shop, then.deployed.started_at)

    assert under_way.serving
    assert under_way.serving.version == "1.0.0"
    assert under_way.under_way
    assert (under_way.under_way.version, under_way.under_way.id) == ("1.1.0", then.deployed.id)
    assert under_way.next
    assert under_way.next.status == "succeeded"
    assert under_way.to_json()["under_way"]["version"] == "1.1.0"


def test_a_killed_deployment_has_no_end(tmp_path: Path) -> None:
    """Its record stays `started`: what it changed is unknown."""
    shop = copy_shop(tmp_path)
    shop.write("releases.toml", ALONE)
    shop.commit()
    shop.publish("1.0.0", "prod")
    shop.commit(hello=2)

    def killed(steps: int) -> None:
        assert steps
        raise KilledError

    shop.watcher.applying = killed  # type: ignore[method-assign]
    with pytest.raises(KilledError):
        shop.publish("1.1.0", "prod")
    then = ago(shop, "0s")

    assert then.serving
    assert (then.serving.version, then.next) == ("1.0.0", None)
    assert then.under_way
    assert then.under_way.version == "1.1.0"


@pytest.mark.parametrize(
    ("time", "says"),
    [
        ("", "'' is not a time."),
        ("yesterday", "'yesterday' is not a time."),
        ("2026-13-01", "'2026-13-01' is not a time."),
        ("2031-01-01", "2031-01-01T00:00:00Z is in the future"),
        ("99999999999999d", "is not a time."),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(shop: Shop, time: str, says: str) -> None:
    """Bad texts and the future are errors of usage."""
    with refused("E_USAGE", says):
        ago(shop, time)


def test_the_command_shows_it(project: Project) -> None:
    """The text names version, deployer and commit; before the first one, nothing was live."""
    project.publish("1.0.0")
    shown = project.ok("at", "0s").out
    commit = project.git("rev-parse", "HEAD").strip()

    lines = [line.split() for line in shown.splitlines()]
    assert shown.startswith(f"{project.named} at ")
    assert lines[0][-1] == "1.0.0"
    assert ["commit", commit] in lines
    assert ["until", "now"] in lines
    before = project.ok("at", "1h").out
    assert before.startswith(f"Nothing was live in {project.named} at ")
    assert "publish 1.0.0" in before
    found = project.json("at", "0s")
    assert (found["version"], found["commit"]) == ("1.0.0", commit)
    assert found["deployed_by"]
    assert project.run("at", "next week").code == UsageError.exit_code
