"""The stages of a plan: which callers are shifted, from which version, in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output.plans import plan_lines
from sfn_release.plan import Observed, Plan, Target, TargetWorkflow, plan
from sfn_release.plan.steps import (
    ObservedAlias,
    PointAlias,
    ShiftWeight,
    Step,
    UpdateStateMachine,
    Watch,
    step_json,
    step_line,
)
from sfn_release.plan.traffic_shift import shifted, stages_text
from sfn_release.plan.unfinished_attempts import leftovers, mix_text
from sfn_release.project import STRATEGIES, Canary, Limits, Linear, Strategy
from sfn_release.release.record import Action, Record, WorkflowOutcome
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Served, Serving
from support.shop import ROLE
from support.values import definition

ARN = "arn:aws:states:eu-west-1:000000000000:stateMachine:"
OWN = {"sfn-release:project": "shop", "sfn-release:environment": "prod"}
LINEAR = Linear(40, timedelta(minutes=10), Limits(("shop-failed",), 0))
CANARY = Canary(5, timedelta(minutes=30))


def form(name: str, content: str) -> Rendered:
    fixed: dict[str, Any] = {"type": "STANDARD", "role": ROLE, "logging": {}, "tracing": {}}
    return Rendered(name, name, definition(content), encryption={}, **fixed)


def serving(**contents: str) -> Serving:
    """Return a record that serves version 1 of every machine."""
    workflows = {
        name: Served(
            digest=f"sha256:{content}",
            rendered_digest=form(name, content).digest,
            source="",
            settings=form(name, content).settings(),
            state_machine_arn=ARN + name,
            version_arn=f"{ARN}{name}:1",
            alias_description="sfn-release 1.0.0 old",
            version="1.0.0",
        )
        for name, content in contents.items()
    }
    return Serving("1.0.0", "c" * 40, "sha256:a", "old", None, workflows)


def there(
    name: str,
    latest: str = "a",
    routing: dict[int, int] | None = None,
    description: str = "sfn-release 1.0.0 old",
    **versions: str,
) -> Observed:
    """Return a machine whose version 1 has the content a, and others as *versions* say."""
    arn = ARN + name
    found = {f"{arn}:{number[1:]}": form(name, what).digest for number, what in versions.items()}
    weights = {f"{arn}:{number}": weight for number, weight in (routing or {1: 100}).items()}
    return Observed(
        arn,
        form(name, latest),
        "r1",
        OWN,
        ObservedAlias(f"{arn}:live", weights, description),
        {f"{arn}:1": form(name, "a").digest, **found},
    )


def attempt(identity: str = "killed", version: str = "1.1.0", **contents: str) -> Record:
    """Return a deployment that did not finish."""
    outcomes = {
        name: WorkflowOutcome(
            f"sha256:{what}", form(name, what).digest, None, None, None, "updated"
        )
        for name, what in contents.items()
    }
    return Record(
        identity, "prod", "deploy", version, "1.0.0", "c" * 40, "sha256:b", "failed", "ann", "desk",
        None, "2030-01-01T12:00:00Z", None, "2030-01-01T13:00:00Z", None, None, None, outcomes,
    )  # fmt: skip


def shift(
    observed: dict[str, Observed | None],
    strategy: Strategy | None = LINEAR,
    *,
    action: Action = "deploy",
    attempts: tuple[Record, ...] = (),
    resume: bool = False,
    **contents: str,
) -> Plan:
    """Return the plan of release 1.1.0 with these *contents*, where content a is served."""
    workflows = {
        name: TargetWorkflow(f"sha256:{content}", "", form(name, content))
        for name, content in contents.items()
    }
    target = Target(action, "1.1.0", "c" * 40, "sha256:b", workflows)
    served = serving(**dict.fromkeys(observed, "a"))
    known = frozenset({"killed", "old"})
    made = plan(
        target,
        project="shop",
        environment="prod",
        alias="live",
        deployment="new",
        serving=served,
        observed=observed,
        known=known,
    )
    return shifted(
        made,
        strategy,
        target=target,
        serving=served,
        observed=observed,
        attempts=attempts,
        resume=resume,
    )


def weights(made: Plan) -> list[tuple[str, str, int]]:
    """Return every shift: workflow, old version and weight."""
    return [
        (step.workflow, step.old.rpartition(":")[2], step.weight)
        for step in made.steps
        if isinstance(step, ShiftWeight)
    ]


def test_all_workflows_that_change_shift_together_and_are_watched_after_each_stage() -> None:
    """Unchanged workflows aren't shifted."""
    made = shift({name: there(name) for name in ("a", "b", "c")}, a="x", b="y", c="a")
    kinds = [type(step) for step in made.steps if isinstance(step, ShiftWeight | Watch)]
    assert [ShiftWeight, ShiftWeight, Watch] * 2 == kinds
    assert weights(made) == [("a", "1", 40), ("b", "1", 40), ("a", "1", 80), ("b", "1", 80)]
    assert timedelta(minutes=20) == made.watching
    points = [step for step in made.steps if isinstance(step, PointAlias)]
    assert [step.workflow for step in points] == ["a", "b"]


@pytest.mark.parametrize(
    ("action", "strategy"),
    [("rollback", LINEAR), ("deploy", None)],
    ids=["rollback", "no strategy"],
)
def test_some_plans_are_never_slowed(action: Action, strategy: Strategy | None) -> None:
    """A rollback, or an environment without a strategy, switches immediately."""
    made = shift({"a": there("a")}, strategy, action=action, a="x")
    assert made.stages == ()
    assert made.steps


def test_nothing_to_shift_is_no_stage() -> None:
    """Created and unchanged workflows need no stage."""
    created = shift({"a": there("a")}, a="a", b="new")
    assert created.stages == ()
    assert any(isinstance(step, PointAlias) for step in created.steps)


def test_new_aliases_are_made_before_the_first_shift() -> None:
    """Once, and not again at the end."""
    made = shift({"a": there("a")}, a="x", b="new")
    first = made.stages[0].steps
    assert [("b", PointAlias), ("a", ShiftWeight)] == [
        (step.workflow, type(step)) for step in first
    ]
    assert [step.workflow for step in made.steps[-2:] if isinstance(step, PointAlias)] == ["a"]
    created = next(workflow for workflow in made.workflows if workflow.workflow == "b")
    assert [PointAlias] == [type(step) for step in made.steps_of(created)][1:]


MIX = {1: 60, 2: 40}
LEFT = "sfn-release 1.1.0 killed"


@pytest.mark.parametrize(
    ("resume", "routing", "expected"),
    [
        (True, {1: 60, 2: 40}, [40, 80]),
        (True, {1: 20, 2: 80}, [80]),
        (True, {2: 100}, []),
        (True, {1: 100}, [40, 80]),
        (False, {1: 20, 2: 80}, [40, 80]),
    ],
)
def test_a_resumed_shift_goes_on_where_it_was(
    resume: bool, routing: dict[int, int], expected: list[int]
) -> None:
    """A shift that isn't resumed starts again; a resumed one watches its last stage again."""
    observed: dict[str, Observed | None] = {
        "a": there("a", "x", routing, LEFT, v2="x"),
        "b": there("b"),
    }
    attempts = (attempt(a="x", b="y"),)
    made = shift(observed, attempts=attempts, resume=resume, a="x", b="y")
    assert expected == [stage.watch.weight for stage in made.stages]
    assert {"1"} >= {old for _, old, _ in weights(made)}


def test_workflows_that_had_come_less_far_catch_up() -> None:
    """All workflows continue from the highest weight that one of them had reached."""
    observed: dict[str, Observed | None] = {
        "a": there("a", "x", {1: 20, 2: 80}, LEFT, v2="x"),
        "b": there("b", "y", MIX, LEFT, v2="y"),
    }
    made = shift(observed, attempts=(attempt(a="x", b="y"),), resume=True, a="x", b="y")
    assert weights(made) == [("a", "1", 80), ("b", "1", 80)]
    assert made.resumed == "2030-01-01T12:00:00Z"


@pytest.mark.parametrize("routing", [MIX, {2: 100}])
def test_another_release_shifts_from_the_recorded_version(routing: dict[int, int]) -> None:
    """The leftovers of a killed attempt don't count, because it never succeeded."""
    observed: dict[str, Observed | None] = {"a": there("a", "x", routing, LEFT, v2="x")}
    made = shift(observed, attempts=(attempt(a="x"),), a="z")
    assert weights(made) == [("a", "1", 40), ("a", "1", 80)]


def test_what_somebody_else_routed_is_where_callers_come_from() -> None:
    """A shift starts from the version that a manual change routed callers to."""
    moved = {"a": there("a", routing={7: 100})}
    assert weights(shift({**moved}, a="z")) == [("a", "7", 40), ("a", "7", 80)]
    mixed = {"a": there("a", routing={7: 30, 8: 70})}
    assert weights(shift({**mixed}, a="z")) == [("a", "8", 40), ("a", "8", 80)]


def test_leftovers_are_steps_whose_undoing_brings_back_what_was_served() -> None:
    """The steps restore the alias and $LATEST, and leave manual changes alone."""
    observed: dict[str, Observed | None] = {
        "a": there("a", "x", MIX, LEFT, v2="x"),
        "b": there("b", "by hand", {7: 100}, "console"),
        "c": None,
        "d": there("d"),
    }
    served = serving(a="a", b="a", c="a", d="a")
    forms = {name: form(name, "a") for name in "abcd"}
    left = leftovers(served, forms, observed, [attempt(a="x", b="x", c="x", d="x")])
    alias = ObservedAlias(f"{ARN}a:live", {f"{ARN}a:1": 100}, "sfn-release 1.0.0 old")
    expected: list[Step] = [
        UpdateStateMachine("a", f"{ARN}a", form("a", "x"), form("a", "a")),
        PointAlias("a", "live", None, LEFT, alias),
    ]
    assert expected == list(left)
    assert leftovers(None, {}, observed, []) == ()


@pytest.mark.parametrize(
    ("routing", "description", "text"),
    [
        ({1: 80, 4: 20}, "sfn-release 1.2.0 id", "20 % of callers are on :4 (1.2.0)"),
        ({1: 80, 4: 20}, "by hand", "20 % of callers are on :4"),
        ({5: 80, 4: 20}, "x", "80 % of callers are on :5, 20 % of callers are on :4"),
        ({4: 100}, "sfn-release 1.2.0 id", None),
    ],
)
def test_a_mix_in_words(routing: dict[int, int], description: str, text: str | None) -> None:
    """The line has the release from the alias's description."""
    alias = there("a", routing=routing, description=description).alias
    assert text == mix_text(serving(a="a").workflows["a"], alias)
    assert mix_text(serving(a="a").workflows["a"], None) is None


@given(st.integers(1, 99), st.sampled_from([*STRATEGIES]), st.integers(1, 100))
def test_weights_only_grow_and_every_one_is_watched(percent: int, kind: str, reached: int) -> None:
    """This holds wherever a shift is resumed; its last step sends all callers."""
    strategy = STRATEGIES[kind](percent, timedelta(minutes=1), Limits())
    routing = {1: 100 - reached, 2: reached} if reached < 100 else {2: 100}
    observed: dict[str, Observed | None] = {"a": there("a", "x", routing, LEFT, v2="x")}
    made = shift(observed, strategy, attempts=(attempt(a="x"),), resume=True, a="x")
    found = [stage.watch.weight for stage in made.stages]
    assert found == sorted({*found})
    assert all(reached <= weight < 100 for weight in found)
    aliases = [step for step in made.steps if isinstance(step, PointAlias | ShiftWeight)]
    assert reached == 100 or isinstance(aliases[-1], PointAlias)


def test_a_plan_with_stages_in_json_and_in_words() -> None:
    """A plan shows every stage, the strategy, and the effect on callers without the alias."""
    made = shift({"a": there("a"), "b": there("b", v2="y")}, a="x", b="y")
    members = made.to_json()
    stage = {"interval_seconds": 600, "workflows": ["a", "b"]}
    assert [{"weight": 40, **stage}, {"weight": 80, **stage}] == members["stages"]
    assert members["strategy"] == (
        "linear: 40 % more every 10m; stopped by the alarm shop-failed or any failed execution"
    )
    lines = list(plan_lines(made, label="prod"))
    assert "  shift: 40 %, 80 % of callers for 10m each (20m in all), then all: a, b" in lines
    assert (
        "  note: callers that start a without the alias get the new version immediately, before any"
        " caller of the alias"
    ) in lines
    assert (
        "  note: callers that start b without the alias get the new version once all callers of the"
        " alias have it"
    ) in lines
    assert stages_text(replace(made, stages=())) == ""


def test_many_stages_and_workflows_are_told_in_one_line() -> None:
    """A line stays a line."""
    names = [f"w{number}" for number in range(9)]
    strategy = Linear(5, timedelta(minutes=1))
    contents: dict[str, Any] = dict.fromkeys(names, "x")
    made = shift({name: there(name) for name in names}, strategy, **contents)
    assert stages_text(made) == (
        "5 %, 10 %, …, 95 % of callers for 1m each (19m in all), then all:"
        " w0, w1, w2, w3, w4, w5 and 3 more"
    )


def test_steps_of_a_shift_in_json_and_in_words() -> None:
    """Watching belongs to the whole plan, and to no single workflow."""
    made = shift({"a": there("a")}, CANARY, a="x")
    weight, watch = made.stages[0].steps[0], made.stages[0].watch
    # Where the callers are by then is not where the plan has found them.
    (point,) = [step for step in made.steps if isinstance(step, PointAlias)]
    assert str(point) == "send all of alias live to the new version"
    assert step_json(weight) == {
        "workflow": "a",
        "action": "shift-weight",
        "alias": "live",
        "to": None,
        "from": f"{ARN}a:1",
        "weight": 5,
    }
    expected = {"workflow": None, "action": "watch", "weight": 5, "interval_seconds": 1800}
    assert expected == step_json(watch)
    assert step_line(watch) == "watch 5 % for 30m"
    assert step_line(weight) == "a: send 5 % of alias live to the new version, the rest to :1"
    known = replace(weight, version_arn=f"{ARN}a:2")  # type: ignore[arg-type]
    assert str(known) == "send 5 % of alias live to :2, the rest to :1"
