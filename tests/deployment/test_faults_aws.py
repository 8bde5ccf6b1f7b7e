"""Every AWS call of a deployment fails in every way, and the same command finishes the work.

The calls of each scenario are written down here, and one test makes sure that they are all: so no
call of the engine is without its faults.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sfn_release.errors import AccessError, AwsError, NetworkError
from support.faults import (
    CUT_OFF,
    DENIED,
    FAULTS,
    KILLED,
    NO_METADATA,
    SERVER_ERROR,
    THROTTLED,
    TIMEOUT_AFTER,
    TIMEOUT_BEFORE,
    At,
    Fault,
    Faulty,
    KilledError,
)
from support.scenes import Scenario, Scenes, numbered, production, production_config
from support.shop import Shop
from support.views import History, Machine

FIRST = numbered(alpha=1, beta=1, gamma=1)
SECOND = numbered(alpha=2, beta=1, delta=1)
TAGS = {"team": "checkout"}
CODES = {
    THROTTLED: AwsError,
    SERVER_ERROR: NetworkError,
    DENIED: AccessError,
    TIMEOUT_BEFORE: NetworkError,
    TIMEOUT_AFTER: NetworkError,
}


@dataclass(frozen=True)
class Calls(Scenario):
    """A scenario with the AWS calls that it makes.

    *live* is the content that callers get in the end, *versions* the contents of every state
    machine's versions. *alike* matches calls that are also made for another state machine in the
    same situation, and need no faults of their own.
    """

    calls: tuple[str, ...]
    live: Mapping[str, str]
    versions: Mapping[str, tuple[str, ...]]
    alike: str = "$"

    @property
    def broken(self) -> tuple[str, ...]:
        """The calls that get faults."""
        return tuple(call for call in self.calls if not re.match(self.alike, call))

    @property
    def writes(self) -> tuple[str, ...]:
        """The calls among them that change AWS."""
        return tuple(call for call in self.broken if not re.search(r"\b(Describe|List)", call))


def _empty(folder: Path) -> Shop:
    return production(folder, FIRST, tags=TAGS)


def _published(folder: Path) -> Shop:
    shop = _empty(folder)
    shop.publish("1.0.0")
    return shop


def _changed(folder: Path) -> Shop:
    shop = _published(folder)
    shop.write("releases.toml", production_config({}))  # the tags are given up
    shop.commit_only(**SECOND)
    return shop


def _published_twice(folder: Path) -> Shop:
    shop = _changed(folder)
    shop.publish("1.1.0")
    return shop


def _observed(machine: str, *, alias: int = 1, contents: int = 2) -> tuple[str, ...]:
    return (
        *_times(f"{machine}.DescribeStateMachine", contents),
        *_times(f"{machine}.DescribeStateMachineAlias", alias),
        f"{machine}.ListTagsForResource",
    )


def _created(machine: str) -> tuple[str, ...]:
    return (
        f"{machine}.CreateStateMachine",
        f"{machine}.ListTagsForResource",
        f"{machine}.DescribeStateMachine",
        f"{machine}.CreateStateMachineAlias",
    )


def _times(call: str, count: int) -> list[str]:
    return [f"{call}.{number}" if number > 1 else call for number in range(1, count + 1)]


SCENARIOS = {
    "first": Calls(
        _empty,
        lambda shop: shop.publish("1.0.0"),
        "publish",
        "1.0.0",
        calls=("ListStateMachines", *_created("alpha"), *_created("beta"), *_created("gamma")),
        live={"alpha": "alpha 1", "beta": "beta 1", "gamma": "gamma 1"},
        versions={"alpha": ("alpha 1",), "beta": ("beta 1",), "gamma": ("gamma 1",)},
        alike="alpha|gamma",
    ),
    "change": Calls(
        _changed,
        lambda shop: shop.publish("1.1.0"),
        "publish",
        "1.1.0",
        calls=(
            "ListStateMachines",
            *_observed("alpha", alias=2),
            "alpha.UpdateStateMachine",
            "alpha.PublishStateMachineVersion",
            "alpha.UpdateStateMachineAlias",
            "alpha.TagResource",
            "alpha.UntagResource",
            *_observed("beta"),
            "beta.TagResource",
            "beta.UntagResource",
            *_created("delta"),
        ),
        live={"alpha": "alpha 2", "beta": "beta 1", "gamma": "gamma 1", "delta": "delta 1"},
        versions={
            "alpha": ("alpha 1", "alpha 2"),
            "beta": ("beta 1",),
            "gamma": ("gamma 1",),
            "delta": ("delta 1",),
        },
    ),
    "rollback": Calls(
        _published_twice,
        lambda shop: shop.rollback("1.0.0"),
        "rollback",
        "1.0.0",
        calls=(
            *_observed("alpha", alias=2, contents=3),
            "alpha.UpdateStateMachineAlias",
            "alpha.UpdateStateMachine",
            "alpha.TagResource",
            *_observed("beta"),
            "beta.TagResource",
            *_observed("gamma"),
        ),
        live={"alpha": "alpha 1", "beta": "beta 1", "gamma": "gamma 1", "delta": "delta 1"},
        versions={
            "alpha": ("alpha 1", "alpha 2"),
            "beta": ("beta 1",),
            "gamma": ("gamma 1",),
            "delta": ("delta 1",),
        },
        alike="(beta|gamma)[.](Describe|List)",
    ),
    "delete": Calls(
        _published,
        lambda shop: shop.delete("alpha"),
        "delete",
        "1.0.0",
        calls=(*_observed("alpha"), "alpha.ListExecutions", "alpha.DeleteStateMachine"),
        live={"beta": "beta 1", "gamma": "gamma 1"},
        versions={"beta": ("beta 1",), "gamma": ("gamma 1",)},
        alike="alpha[.]ListExecutions",  # a note of the plan: its failure is another note
    ),
}
TAGGING = re.compile(r"\b(Tag|Untag)Resource")
CALLS = [
    (name, call)
    for name, scenario in SCENARIOS.items()
    for call in scenario.broken
    if not TAGGING.search(call)
]
WRITES = [(name, call) for name, scenario in SCENARIOS.items() for call in scenario.writes]
BEFORE_TAGS = [(name, call) for name, call in WRITES if not TAGGING.search(call)]
TAGS_WRITTEN = [(name, call) for name, call in WRITES if TAGGING.search(call)]


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    """Return the shops of all scenarios."""
    return Scenes(SCENARIOS, tmp_path_factory.mktemp("scenes"))


def _serves(machines: Mapping[str, Machine]) -> dict[str, tuple[str, str]]:
    """Return the content that callers of every state machine get: with the alias, and without."""
    return {
        name: (machine.live, machine.latest)
        for name, machine in machines.items()
        if machine.live is not None  # a machine that was only created has no callers
    }


def _assert_done(shop: Shop, scenario: Calls, end: Mapping[str, Machine], begun: History) -> None:
    """Assert that the command has done its work, once, and that the ledger lost nothing."""
    assert end == shop.machines()
    scenario.assert_recorded(shop, begun)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_calls_that_are_broken_here_are_all_that_are_made(
    name: str, scenes: Scenes, tmp_path: Path
) -> None:
    """An undisturbed run makes exactly the calls that this file lists, and does its work."""
    scenario = SCENARIOS[name]
    shop = scenes.begin(name, tmp_path / "shop")
    aws = Faulty(shop.client("prod"))
    scenario.command(shop.using(aws))
    machines = shop.machines()
    history = shop.history()
    assert sorted(scenario.calls) == sorted(aws.calls)
    assert scenario.live == {found: machine.live for found, machine in machines.items()}
    assert scenario.live == {found: machine.latest for found, machine in machines.items()}
    assert scenario.versions == {found: machine.versions for found, machine in machines.items()}
    assert history.open == []
    assert history.ends.count(scenario.success) == 1


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize(("name", "call"), CALLS)
def test_the_same_command_finishes_after_a_call_failed(
    name: str,
    call: str,
    fault: Fault,
    scenes: Scenes,
    tmp_path: Path,
) -> None:
    """A failed call leaves the live content live; the same command again ends as without a fault.

    No version exists twice. The ledger has each attempt closed, and one success.
    """
    scenario = SCENARIOS[name]
    shop = scenes.begin(name, tmp_path / "shop")
    before, begun = shop.machines(), shop.history()
    with pytest.raises(CODES[fault]):
        scenario.command(shop.using(Faulty(shop.client("prod"), At(call, fault))))

    left, failed = shop.machines(), shop.history()
    if (before, begun) == (left, failed):
        return  # it is as if the command had not been run
    if not (name == "delete" and fault.effect):  # a deletion can't be undone
        assert _serves(before) == _serves(left)
    assert failed.open == []
    assert failed.ends.count(scenario.success) == 0
    assert begun.events == failed.events[len(failed.events) - len(begun.events) :]

    scenario.command(shop)

    _assert_done(shop, scenario, scenes.end(name), failed)


@pytest.mark.parametrize("fault", [CUT_OFF, NO_METADATA], ids=str)
def test_whatever_botocore_raises_is_put_back(fault: Fault, scenes: Scenes, tmp_path: Path) -> None:
    """Rarer failures, an answer that breaks off or no credentials half-way, are failures too."""
    shop = scenes.begin("change", tmp_path / "shop")
    before = _serves(shop.machines())
    with pytest.raises(AwsError):
        shop.using(Faulty(shop.client("prod"), At("alpha.UpdateStateMachineAlias", fault))).publish(
            "1.1.0"
        )
    assert before == _serves(shop.machines())
    assert shop.history().deployments[0].status == "failed"


@pytest.mark.parametrize(("name", "call"), WRITES)
def test_the_same_command_finishes_after_the_process_was_killed_at_a_write(
    name: str,
    call: str,
    scenes: Scenes,
    tmp_path: Path,
) -> None:
    """A killed deployment is taken over by the same command, which ends as if none had died."""
    scenario = SCENARIOS[name]
    shop = scenes.begin(name, tmp_path / "shop")
    with pytest.raises(KilledError):
        scenario.command(shop.using(Faulty(shop.client("prod"), At(call, KILLED))))
    begun = shop.history()
    assert len(begun.open) == 1

    scenario.command(shop)

    _assert_done(shop, scenario, scenes.end(name), begun)


@pytest.mark.parametrize("fault", [DENIED, TIMEOUT_AFTER], ids=str)
@pytest.mark.parametrize(("name", "call"), TAGS_WRITTEN)
def test_a_tag_that_cannot_be_written_is_a_warning(
    name: str, call: str, fault: Fault, scenes: Scenes, tmp_path: Path
) -> None:
    """Callers already get the right content; the same command again writes the tags."""
    scenario = SCENARIOS[name]
    shop = scenes.begin(name, tmp_path / "shop")
    scenario.command(shop.using(Faulty(shop.client("prod"), At(call, fault))))
    assert _serves(scenes.end(name)) == _serves(shop.machines())
    record = shop.history().deployments[0]
    assert record.status == "succeeded"
    (warning,) = record.warnings
    machine = call.partition(".")[0]
    assert f"the tags of {machine} still name the previous release" in warning

    done = scenes.end(name) == shop.machines()  # the write had its effect anyway

    scenario.command(shop)

    assert scenes.end(name) == shop.machines()
    left = record.warnings if done else ()  # nothing to do leaves no new record
    assert shop.history().deployments[0].warnings == left


@pytest.mark.parametrize(("name", "call"), BEFORE_TAGS)
def test_the_same_command_finishes_after_aws_was_gone_for_good(
    name: str,
    call: str,
    scenes: Scenes,
    tmp_path: Path,
) -> None:
    """When nothing answers from one write on, nothing is put back, and still nothing is lost."""
    scenario = SCENARIOS[name]
    shop = scenes.begin(name, tmp_path / "shop")
    with pytest.raises(NetworkError):
        scenario.command(
            shop.using(Faulty(shop.client("prod"), At(call, TIMEOUT_AFTER, lasting=True)))
        )
    begun = shop.history()
    assert begun.open == []
    assert begun.deployments[0].status == "failed"

    scenario.command(shop)

    _assert_done(shop, scenario, scenes.end(name), begun)
