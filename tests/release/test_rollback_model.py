"""Rollback is a fold over the successful deployments, compared with a plain list.

Successful deployments push, rollbacks pop; deploying the top again pushes nothing; popping skips
releases with the top's content; only content that ran is restored. After a failed attempt the top
is restored; if the attempt was a rollback, it is finished instead.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sfn_release.errors import AwsError, NotFoundError
from sfn_release.release.rollback_history import entry_of, previous, pushed
from sfn_release.release.serving import Serving
from sfn_release.release.yank_list import Yank, Yanks
from support.git import isolate_git
from support.shop import ALONE, Shop, make_shop

CONTENTS = {"1.0.0": "a", "1.1.0": "b", "1.1.1": "b", "1.2.0": "c", "2.0.0": "a"}
VERSIONS = st.sampled_from(sorted(CONTENTS))


def _yanks(versions: frozenset[str]) -> Yanks:
    by_version = {version: Yank("bad", "ann", "2030-01-01", version) for version in versions}
    return Yanks(by_version, {CONTENTS[version]: yank for version, yank in by_version.items()})


@dataclass
class Model:
    """The stack as a plain list, its top last.

    *unfinished* says that the last attempt failed, *begun* where it led if it was a rollback.
    *ran* are the contents that succeeded.
    """

    stack: list[str] = field(default_factory=list)
    ran: set[str] = field(default_factory=set)
    unfinished: bool = False
    begun: str | None = None

    def deploy(self, version: str) -> None:
        """Push a release, unless it is the top already."""
        if self.stack[-1:] != [version]:
            self.stack.append(version)
        self.ran.add(CONTENTS[version])
        self.unfinished = False

    def aim(self, yanked: frozenset[str] = frozenset()) -> str | None:
        """Return where a rollback without a version leads, None for nowhere."""
        if self.unfinished:
            return self.begun or (self.stack[-1] if self.stack else None)
        content = CONTENTS[self.stack[-1]] if self.stack else None
        below = self.stack[-2::-1]
        passed = {content, *(CONTENTS[version] for version in yanked)}
        return next((version for version in below if CONTENTS[version] not in passed), None)

    def rollback(self, version: str) -> None:
        """Pop down to the uppermost entry of *version*, or push it when there is none."""
        if version in self.stack:
            while self.stack[-1] != version:
                self.stack.pop()
        else:
            self.stack.append(version)
        self.unfinished = False


class PureFold(RuleBasedStateMachine):
    """The functions of `record`, over servings in a dictionary that stands for the branch."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.commits: dict[str, Serving] = {}
        self.top: Serving | None = None
        self.top_commit: str | None = None

    def serve(self, version: str, below: str | None) -> None:
        """Append a success to the branch."""
        self.top = Serving(version, "", CONTENTS[version], "", below, {})
        self.top_commit = f"commit {len(self.commits)}"
        self.commits[self.top_commit] = self.top

    @rule(version=VERSIONS)
    def deploy(self, version: str) -> None:
        """Deploy or publish a release."""
        self.serve(version, pushed(self.top, self.top_commit, version))
        self.model.deploy(version)

    @rule(yanked=st.frozensets(VERSIONS, max_size=2))
    def rollback(self, yanked: frozenset[str]) -> None:
        """Roll back to the release before."""
        load, yanks = self.commits.__getitem__, _yanks(yanked)
        entry = previous(self.top, load, yanks=yanks) if self.top else None
        aim = self.model.aim(yanked)
        assert (entry.version if entry else None) == aim
        if entry is not None and aim is not None:
            self.serve(entry.version, entry.below)
            # Skipped releases are popped too.
            del self.model.stack[-1]
            while self.model.stack[-1] != aim:
                del self.model.stack[-1]

    @rule(version=VERSIONS)
    def rollback_to(self, version: str) -> None:
        """Roll back to a named release."""
        if self.top is None:
            return
        entry = entry_of(self.top, self.commits.__getitem__, version)
        below = entry.below if entry else pushed(self.top, self.top_commit, version)
        self.serve(version, below)
        self.model.rollback(version)

    @invariant()
    def stacks_are_equal(self) -> None:
        """Compare the entries below the top, one by one."""
        assert stack_of(self.top, self.commits.__getitem__) == self.model.stack


TestPureFold = PureFold.TestCase
TestPureFold.settings = settings(max_examples=60, stateful_step_count=30)


def stack_of(top: Serving | None, load: Any) -> list[str]:
    found = []
    entry = top
    while entry is not None:
        found.append(entry.version)
        entry = load(entry.below) if entry.below else None
    return found[::-1]


# The same end to end: real repositories, the local service, failures at any write


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a repository in which every release is made and nothing is deployed."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("fold")
        isolate_git(patch, folder / "home")
        config = ALONE
        shop = make_shop(folder / "shop", config=config, workflows={"hello": "x", "same": "s"})
        for version, content in CONTENTS.items():
            shop.release(version, hello=content)
        yield folder / "shop"


class Failing:
    """A Step Functions client whose n-th write is refused."""

    def __init__(self, client: Any, writes: int) -> None:
        self._client = client
        self._left = writes

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if not name.startswith(("create", "update", "publish", "tag")):
            return operation

        def call(**request: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                raise AwsError("AWS refused it.")
            return operation(**request)

        return call


STEPS = st.lists(
    st.tuples(st.sampled_from(["deploy", "rollback", "rollback to"]), VERSIONS, st.integers(0, 4)),
    max_size=8,
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_sequences_agree_with_the_list(template: Path, steps: list[tuple[str, str, int]]) -> None:
    """Any sequence of deployments, rollbacks and failures: stack, alias and $LATEST are right."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        isolate_git(patch, Path(folder, "home"))
        shutil.copytree(template, Path(folder, "shop"))
        shop = Shop(Path(folder, "shop"))
        client = shop.client("prod")
        model = Model()
        for verb, version, failing in steps:
            shop.clients["prod"] = Failing(client, failing)
            one_step(shop, model, verb, version)
            shop.clients["prod"] = client
            check(shop, model)


def one_step(shop: Shop, model: Model, verb: str, version: str) -> None:
    """Do one thing to the project and to the model."""
    aim = model.aim()
    target = version if verb == "rollback to" else aim
    nowhere = verb != "deploy" and (target is None or CONTENTS[target] not in model.ran)
    try:
        if verb == "deploy":
            shop.deploy(version, "prod")
        else:
            shop.rollback(version if verb == "rollback to" else None, "prod")
    except AwsError:
        model.begun = None if verb == "deploy" else version if verb == "rollback to" else aim
        model.unfinished = True
    except NotFoundError:
        assert nowhere
    else:
        assert not nowhere
        if verb == "deploy":
            model.deploy(version)
        elif verb == "rollback to" or model.unfinished:
            model.rollback(version if verb == "rollback to" else str(aim))
        else:
            model.stack.pop()
            model.rollback(str(aim))


def check(shop: Shop, model: Model) -> None:
    """Compare the project with the model."""
    ledger = shop.workspace().ledger
    state = ledger.deployments.state(ledger.branches.snapshot(), "prod")
    top = state.serving
    assert (
        stack_of(top, lambda commit: ledger.deployments.serving_at("prod", commit)) == model.stack
    )
    assert state.unfinished == model.unfinished
    if model.stack:
        content = CONTENTS[model.stack[-1]]
        assert shop.live("hello", "prod") == (content, content)


def test_the_story_of_the_design(template: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """Publish 1, 2, 3; roll back twice; publish 4; roll back: never to and fro."""
    isolate_git(monkeypatch, tmp_path / "home")
    shutil.copytree(template, tmp_path / "shop")
    shop = Shop(tmp_path / "shop")
    served = []
    for verb in ("1.0.0", "1.1.0", "1.2.0", "", "", "2.0.0", "", "1.2.0", "", "1.2.0", "1.2.0", ""):
        if verb:
            shop.deploy(verb, "prod")
        else:
            shop.rollback(environment="prod")
        served.append(shop.serving("prod").version)
        if len(served) == 6:  # 2.0.0 has the content of 1.0.0 below it: nothing to go back to
            with pytest.raises(NotFoundError, match="There is no release before"):
                shop.rollback(environment="prod")
            shop.deploy("1.1.1", "prod")
    assert served == [
        *("1.0.0", "1.1.0", "1.2.0", "1.1.0", "1.0.0", "2.0.0"),
        *("2.0.0", "1.2.0", "2.0.0", "1.2.0", "1.2.0", "2.0.0"),
    ]
