"""Plans against a small model of AWS: an applied plan always reaches its release."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from sfn_release.plan import (
    Observed,
    Plan,
)
from sfn_release.plan.steps import (
    CreateStateMachine,
    DeleteStateMachine,
    HandOver,
    ObservedAlias,
    PointAlias,
    PublishVersion,
    ShiftWeight,
    Step,
    TagStateMachine,
    UpdateStateMachine,
    Watch,
)
from sfn_release.release.rendering import Rendered
from support.plans import ARN, OWN, origin, planned, rendered, target


@dataclass
class Machine:
    """A state machine of the model: *contents* by version number, *routing* of its alias."""

    latest: str
    tags: dict[str, str]
    revision: int = 1
    newest: int = 0
    contents: dict[int, str] = field(default_factory=dict)
    routing: dict[int, int] | None = None
    description: str = ""


class Aws:
    """AWS in memory, as far as plans know it. *writes* counts them by workflow."""

    def __init__(self, machines: dict[str, Machine]) -> None:
        self.machines = machines
        self.writes: dict[str, int] = {}

    def observe(self, name: str) -> Observed | None:
        """Return a machine as a plan sees it."""
        machine = self.machines.get(name)
        if machine is None:
            return None
        alias = None
        if machine.routing is not None:
            routing = {f"{ARN}{name}:{n}": weight for n, weight in machine.routing.items()}
            alias = ObservedAlias(f"{ARN}{name}:live", routing, machine.description)
        return Observed(
            arn=ARN + name,
            latest=rendered(name, machine.latest),
            revision=str(machine.revision),
            tags=dict(machine.tags),
            alias=alias,
            versions={
                f"{ARN}{name}:{number}": rendered(name, content).digest
                for number, content in machine.contents.items()
            },
        )

    def apply(self, decided: Plan) -> None:
        """Apply a plan, step by step."""
        for step in decided.steps:
            counted = not isinstance(step, TagStateMachine)
            self.writes[step.workflow] = self.writes.get(step.workflow, 0) + counted
            self.step(step)

    def step(self, step: Step) -> None:
        """Do one step, as AWS would."""
        match step:
            case CreateStateMachine():
                assert step.workflow not in self.machines
                created = Machine(result_of(step.rendered), dict(step.tags), contents={})
                self.machines[step.workflow] = created
                publish(created)
            case UpdateStateMachine():
                machine = self.machines[step.workflow]
                machine.latest = result_of(step.rendered)
                machine.revision += 1
            case PublishVersion():
                machine = self.machines[step.workflow]
                assert step.revision in {str(machine.revision), str(machine.revision - 1)}
                publish(machine)
            case PointAlias():
                machine = self.machines[step.workflow]
                assert (machine.routing is None) == (step.before is None)
                number = int(step.version_arn.rpartition(":")[2]) if step.version_arn else None
                chosen = machine.newest if number is None else number
                assert chosen in machine.contents
                machine.routing = {chosen: 100}
                machine.description = step.description
            case TagStateMachine():
                tags = self.machines[step.workflow].tags
                tags.update(step.tags)
                for key in step.removed:
                    del tags[key]
            case DeleteStateMachine():
                del self.machines[step.workflow]
            case HandOver():
                self.machines[step.workflow].tags.update(step.tags)
            case ShiftWeight() | Watch():
                raise AssertionError("no strategy here")


def publish(machine: Machine) -> None:
    machine.newest += 1
    machine.contents[machine.newest] = machine.latest


def result_of(form: Rendered) -> str:
    return str(form.definition["States"]["Only"]["Result"])


CONTENTS = st.sampled_from("abc")
NAMES = ["one", "two"]


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    contents = draw(st.dictionaries(st.integers(1, 4), CONTENTS, max_size=4))
    numbers = sorted(contents)
    routing = None
    aliased: bool = draw(st.booleans())
    if numbers and aliased:
        first = draw(st.sampled_from(numbers))
        second = draw(st.sampled_from(numbers))
        routing = {first: 100} if first == second else {first: 90, second: 10}
    return Machine(
        latest=draw(CONTENTS),
        tags=draw(st.sampled_from([{}, dict(OWN), {**OWN, **origin("0.1.0", "a")}, {"x": "y"}])),
        newest=4,
        contents=contents,
        routing=routing,
        description=draw(st.sampled_from(["", "by hand", "sfn-release 0.9.0 else"])),
    )


AWS = st.dictionaries(st.sampled_from(NAMES), machines()).map(Aws)


@given(AWS, st.dictionaries(st.sampled_from(NAMES), CONTENTS, min_size=1), st.booleans())
def test_applying_a_plan_reaches_its_target_from_anywhere(
    aws: Aws, contents: dict[str, str], aliased: bool
) -> None:
    """Planning again gives no steps: the first plan left nothing to do."""
    alias = "live" if aliased else ""
    to = target("1.0.0", **contents)

    def decide() -> Plan:
        observed = {name: aws.observe(name) for name in contents}
        if not aliased:
            observed = {
                n: replace(machine, alias=None) if machine else None
                for n, machine in observed.items()
            }
        return planned(to, observed, alias=alias, adopt=True)

    reusable = {
        name
        for name, content in contents.items()
        if name in aws.machines and content in aws.machines[name].contents.values()
    }
    versions = {name: aws.machines[name].newest for name in reusable}
    aws.apply(decide())
    for name, content in contents.items():
        machine = aws.machines[name]
        assert content == machine.latest
        assert content in machine.contents.values()
        if aliased:
            assert machine.routing is not None
            ((number, weight),) = machine.routing.items()
            assert (content, 100) == (machine.contents[number], weight)
        assert {**OWN, "sfn-release:digest": f"sha256:{content}"}.items() <= machine.tags.items()
    # A rollback to a version that still exists: the alias, then $LATEST, and no new version.
    assert [name for name in reusable if aws.writes.get(name, 0) > 2] == []
    assert versions == {name: aws.machines[name].newest for name in reusable}
    assert decide().steps == ()


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), CONTENTS, min_size=1), max_size=6))
def test_going_to_and_fro_makes_one_version_per_content(history: list[dict[str, str]]) -> None:
    """A published version is used again, however often callers go back to it."""
    aws = Aws({})
    for number, contents in enumerate(history):
        observed = {name: aws.observe(name) for name in contents}
        known = frozenset(str(earlier) for earlier in range(number))
        to = target(f"1.{number}.0", **contents)
        aws.apply(planned(to, observed, known=known, deployment=str(number)))
    for name, machine in aws.machines.items():
        had = {contents[name] for contents in history if name in contents}
        assert sorted(had) == sorted(machine.contents.values())
