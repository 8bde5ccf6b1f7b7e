"""Plans: given what is to be, what was recorded and what is there, these are the steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.plan import (
    Observed,
    Plan,
    Target,
    TargetWorkflow,
    alias_deployment,
    machine_names_clash,
    plan,
    plan_delete,
)
from sfn_release.plan.steps import (
    CreateStateMachine,
    DeleteStateMachine,
    ObservedAlias,
    PointAlias,
    PublishVersion,
    ShiftWeight,
    Step,
    TagStateMachine,
    UpdateStateMachine,
    Watch,
    routing_text,
)
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Served, Serving
from support.errors import refused
from support.shop import ROLE
from support.values import definition

ARN = "arn:aws:states:eu-west-1:000000000000:stateMachine:"
OWN = {"sfn-release:project": "shop", "sfn-release:environment": "prod"}
COMMIT = "c" * 40


def rendered(name: str, content: Any, **members: Any) -> Rendered:
    fixed = {"type": "STANDARD", "role": ROLE, "logging": {"level": "OFF"}, "tracing": {}}
    return Rendered(name, name, definition(content), **{**fixed, "encryption": {}, **members})


def target(version: str = "1.0.0", **contents: Any) -> Target:
    """Return a release of these workflows; its workflow digests are made of the contents."""
    workflows = {
        name: TargetWorkflow(f"sha256:{content}", f"workflows/{name}.py", form)
        for name, content in contents.items()
        for form in [content if isinstance(content, Rendered) else rendered(name, content)]
    }
    return Target("deploy", version, COMMIT, "sha256:all", workflows)


def there(name: str, content: Any, **members: Any) -> Observed:
    """Return a machine that we deployed: $LATEST and its version 1, the alias at it."""
    form = rendered(name, content)
    arn = ARN + name
    fixed: dict[str, Any] = {
        "latest": form,
        "revision": "r1",
        "tags": {**OWN, **origin("1.0.0", content)},
        "alias": ObservedAlias(f"{arn}:live", {f"{arn}:1": 100}, "sfn-release 1.0.0 old"),
        "versions": {f"{arn}:1": form.digest},
    }
    return Observed(arn, **{**fixed, **members})


def origin(version: str, content: Any) -> dict[str, str]:
    return {
        "sfn-release:version": version,
        "sfn-release:commit": COMMIT,
        "sfn-release:digest": f"sha256:{content}",
    }


def served(name: str, content: Any = "a", **tags: str) -> Served:
    form = rendered(name, content, tags=tags)
    alias = "sfn-release 1.0.0 old"
    return Served(
        "sha256:a", form.digest, "x.py", form.settings(), ARN + name, None, alias, "1.0.0"
    )


def serving(*workflows: Served) -> Serving:
    named = {one.settings["state_machine"]: one for one in workflows}
    return Serving("1.0.0", COMMIT, "sha256:all", "old", None, named)


def planned(
    to: Target, observed: Mapping[str, Observed | None], *, alias: str = "live", **options: Any
) -> Plan:
    fixed: dict[str, Any] = {"serving": None, "known": frozenset({"old"}), "deployment": "new"}
    options = {**fixed, **options}
    return plan(to, project="shop", environment="prod", alias=alias, observed=observed, **options)


def kinds(decided: Plan) -> list[type[Step]]:
    return [type(step) for step in decided.steps]


V1, V2 = f"{ARN}hello:1", f"{ARN}hello:2"
A, B = rendered("hello", "a"), rendered("hello", "b")

CASES = {
    "nothing is there": (
        None,
        "created",
        [CreateStateMachine, PointAlias],
    ),
    "it is live": (
        there("hello", "a"),
        "unchanged",
        [],
    ),
    "other content is live": (
        there("hello", "b"),
        "updated",
        [UpdateStateMachine, PublishVersion, PointAlias, TagStateMachine],
    ),
    "a version has the content, other content is live": (
        there("hello", "b", versions={V1: B.digest, V2: A.digest}),
        "repointed",
        [PointAlias, UpdateStateMachine, TagStateMachine],
    ),
    "only the alias is elsewhere": (
        there("hello", "a", versions={V1: B.digest, V2: A.digest}),
        "repointed",
        [PointAlias],
    ),
    "only $LATEST was changed": (
        there("hello", "a", latest=B),
        "repointed",
        [UpdateStateMachine],
    ),
    "the alias is gone": (
        there("hello", "a", alias=None),
        "repointed",
        [PointAlias],
    ),
    "the alias sends a part elsewhere": (
        there(
            "hello",
            "a",
            alias=ObservedAlias(f"{ARN}hello:live", {V1: 90, V2: 10}, "sfn-release 1.0.0 old"),
        ),
        "repointed",
        [PointAlias],
    ),
    "$LATEST has the content and no version has it": (
        there("hello", "a", versions={}),
        "updated",
        [PublishVersion, PointAlias],
    ),
    "the content cannot be read": (
        there("hello", "a", latest=None, versions={V1: ""}),
        "updated",
        [UpdateStateMachine, PublishVersion, PointAlias],
    ),
    "a tag of ours was changed": (
        there("hello", "a", tags={**OWN, **origin("1.0.0", "other")}),
        "unchanged",
        [TagStateMachine],
    ),
}


@pytest.mark.parametrize(("observed", "change", "steps"), CASES.values(), ids=list(CASES))
def test_given_this_these_steps(
    observed: Observed | None, change: str, steps: list[type[Step]]
) -> None:
    """One workflow, from everything that its machine can be to one target."""
    decided = planned(target(hello="a"), {"hello": observed})
    assert (change, steps) == (decided.workflows[0].change, kinds(decided))


NO_ALIAS = {
    "nothing is there": (None, "created", [CreateStateMachine]),
    "it is live": (there("hello", "a", alias=None), "unchanged", []),
    "other content is live": (
        there("hello", "b", alias=None),
        "updated",
        [UpdateStateMachine, PublishVersion, TagStateMachine],
    ),
    "a version has the content": (
        there("hello", "b", alias=None, versions={V1: A.digest}),
        "repointed",
        [UpdateStateMachine, TagStateMachine],
    ),
}


@pytest.mark.parametrize(("observed", "change", "steps"), NO_ALIAS.values(), ids=list(NO_ALIAS))
def test_without_an_alias_versions_are_published_all_the_same(
    observed: Observed | None, change: str, steps: list[type[Step]]
) -> None:
    """And whoever reads the plan is told that callers see the change at once."""
    decided = planned(target(hello="a"), {"hello": observed}, alias="")
    assert (change, steps) == (decided.workflows[0].change, kinds(decided))
    note = "hello has no alias: its callers get the change immediately"
    assert ((note,) if change != "unchanged" else ()) == decided.workflows[0].notes


def test_every_workflow_is_prepared_before_any_alias_is_moved() -> None:
    """Versions, then all aliases, then all tags; workflows by name in each phase."""
    observed = {"b": there("b", "old"), "a": None, "c": there("c", "new", alias=None)}
    decided = planned(target("1.1.0", b="new", a="new", c="new"), observed)
    assert [
        ("a", CreateStateMachine),
        ("b", UpdateStateMachine),
        ("b", PublishVersion),
        ("a", PointAlias),
        ("b", PointAlias),
        ("c", PointAlias),
        ("b", TagStateMachine),
        ("c", TagStateMachine),
    ] == [(step.workflow, type(step)) for step in decided.steps]


def test_creating_says_whose_and_of_which_release_it_is() -> None:
    """Declared tags, ownership tags, origin tags; descriptions name the release."""
    form = rendered("hello", "a", tags={"team": "checkout"})
    create, point = planned(target(hello=form), {"hello": None}).steps
    assert isinstance(create, CreateStateMachine)
    assert isinstance(point, PointAlias)
    assert {
        "team": "checkout",
        **OWN,
        "sfn-release:version": "1.0.0",
        "sfn-release:commit": COMMIT,
        "sfn-release:digest": f"sha256:{form}",
    } == dict(create.tags)
    assert f"sfn-release 1.0.0 {form.digest[7:19]}" == create.description
    assert point.description == "sfn-release 1.0.0 new"


def test_publishing_names_the_revision_that_was_read() -> None:
    """AWS's only compare-and-swap: what somebody changed in between is not published."""
    decided = planned(target(hello="a"), {"hello": there("hello", "a", versions={})})
    published = [step for step in decided.steps if isinstance(step, PublishVersion)]
    assert [step.revision for step in published] == ["r1"]


def test_the_version_that_serves_is_reused_before_a_newer_equal_one() -> None:
    """An alias does not move between two versions of one content."""
    observed = there("hello", "a", versions={V1: A.digest, V2: A.digest})
    assert planned(target(hello="a"), {"hello": observed}).steps == ()
    decided = planned(target(hello="a"), {"hello": replace(observed, alias=None)})
    assert decided.workflows[0].version_arn == V2


def test_tags_name_the_release_that_is_served() -> None:
    """Content that stays is of the new release too; nothing else about it is said to change."""
    decided = planned(target("2.0.0", hello="a"), {"hello": there("hello", "a")})
    (step,) = decided.steps
    assert isinstance(step, TagStateMachine)
    assert (step.tags, step.removed) == ({"sfn-release:version": "2.0.0"}, ())
    (one,) = decided.workflows
    assert (one.change, one.changes) == ("unchanged", False)


def test_tags_name_version_and_content() -> None:
    """Together, because a digest beside another release's version would mislead."""
    decided = planned(target("2.0.0", hello="b"), {"hello": there("hello", "a")})
    tags = [step.tags for step in decided.steps if isinstance(step, TagStateMachine)]
    same = {"sfn-release:commit": COMMIT}
    assert [origin("2.0.0", "b")] == [{**tags[0], **same}]


def test_a_rollback_brings_all_aliases_first_and_writes_tags_last() -> None:
    """All callers are back after one write for each workflow; $LATEST and the tags follow."""
    back = replace(target(hello="a", other="a"), action="rollback")
    newer = {**OWN, **origin("1.1.0", "b")}
    observed = {
        name: there(
            name,
            "b",
            tags=newer,
            versions={f"{ARN}{name}:1": rendered(name, "b").digest, f"{ARN}{name}:2": A.digest},
        )
        for name in ("hello", "other")
    }
    decided = planned(back, observed)
    kinds_in_order = [PointAlias, PointAlias, UpdateStateMachine, UpdateStateMachine]
    assert [*kinds_in_order, TagStateMachine, TagStateMachine] == kinds(decided)
    (*_, step) = decided.steps
    assert isinstance(step, TagStateMachine)
    commit = {"sfn-release:commit": COMMIT}
    assert origin("1.0.0", "a") == {**step.tags, **commit}


def test_tags_that_the_release_no_longer_declares_are_removed() -> None:
    """Those of the last release alone: other people's tags stay."""
    observed = there("hello", "a")
    observed = replace(observed, tags={**observed.tags, "team": "x", "cost": "y", "other": "z"})
    form = rendered("hello", "a", tags={"team": "new"})
    to = target(hello=form)
    to = replace(to, workflows={"hello": replace(to.workflows["hello"], digest="sha256:a")})
    before = serving(served("hello", "a", team="x", cost="y"))
    (step,) = planned(to, {"hello": observed}, serving=before).steps
    assert isinstance(step, TagStateMachine)
    assert (step.tags, step.removed) == ({"team": "new"}, ("cost",))


def test_a_workflow_that_is_not_in_the_release_stays() -> None:
    """As `retained`, with its version, and a word on how to delete it."""
    before = serving(served("hello"), replace(served("old"), version_arn=f"{ARN}old:3"))
    decided = planned(target(hello="a"), {"hello": there("hello", "a")}, serving=before)
    retained = decided.workflows[1]
    assert ("old", "retained", f"{ARN}old:3") == (
        retained.workflow,
        retained.change,
        retained.version_arn,
    )
    assert "`sfn-release delete old`" in retained.notes[0]
    assert decided.steps == ()


def test_a_machine_that_is_left_behind_is_told() -> None:
    """Another `name` template gives a workflow another machine; callers of the old one stay."""
    before = serving(served("hello"))
    renamed = replace(A, name="hello-prod")
    (found,) = planned(target(hello=renamed), {"hello": None}, serving=before).workflows
    words = "hello was the state machine hello, which stays with its callers and isn't managed any"
    assert found.notes == (f"{words} more: {ARN}hello",)


FOREIGN = {
    "no tags at all": {},
    "another project": {**OWN, "sfn-release:project": "other"},
    "another environment": {**OWN, "sfn-release:environment": "staging"},
    "the page's StateMachine": {"Creator": "alice@example.com"},
}


@pytest.mark.parametrize("tags", FOREIGN.values(), ids=list(FOREIGN))
def test_a_machine_that_is_not_ours_is_not_touched(tags: dict[str, str]) -> None:
    """Unless it is adopted: then it gets our tags and keeps its own."""
    observed = {"hello": there("hello", "a", tags=tags)}
    with refused("E_NOT_OURS", "hello", ARN + "hello", "--adopt"):
        planned(target(hello="a"), observed)
    (step,) = planned(target(hello="a"), observed, adopt=True).steps
    assert isinstance(step, TagStateMachine)
    assert step.removed == ()
    assert {**tags, **OWN, **origin("1.0.0", "a")} == {**tags, **step.tags}


def test_a_type_cannot_change() -> None:
    """The error says what to do instead, even with --adopt."""
    express = rendered("hello", "a", type="EXPRESS")
    for adopt in (False, True):
        with refused("E_CONFLICT", "STANDARD", "EXPRESS", "delete hello --env prod"):
            planned(target(hello=express), {"hello": there("hello", "a")}, adopt=adopt)


def test_a_machine_that_another_ledger_deploys_is_refused() -> None:
    """Its alias names a deployment that this ledger does not know."""
    observed = {"hello": there("hello", "a")}
    with refused("E_CONFLICT", "Another ledger", "sfn-release 1.0.0 old", "--adopt"):
        planned(target(hello="b"), observed, known=frozenset())
    assert planned(target(hello="b"), observed, known=frozenset(), adopt=True).steps


def test_the_alias_that_we_wrote_last_needs_no_look_into_the_ledger() -> None:
    """What the record says we wrote is known to be ours."""
    before = serving(served("hello"))
    assert planned(
        target(hello="b"), {"hello": there("hello", "a")}, known=frozenset(), serving=before
    ).steps


@pytest.mark.parametrize("description", ["", "by hand", "sfn-release 1.0.0", "a b c"])
def test_an_alias_without_our_words_is_nobody_elses(description: str) -> None:
    """Somebody moved it by hand: that is drift, and a deployment puts it right."""
    alias = ObservedAlias(f"{ARN}hello:live", {V1: 100}, description)
    assert alias_deployment(description) is None
    observed = {"hello": there("hello", "a", alias=alias)}
    assert planned(target(hello="b"), observed, known=frozenset()).steps


def test_deleting_is_refused_for_what_others_look_after() -> None:
    """As deploying is; what is gone already is deleted from the record all the same."""

    def decide(observed: Observed | None, known: frozenset[str] = frozenset()) -> Plan:
        before = serving(served("hello"))
        options = {"project": "shop", "environment": "prod", "serving": before}
        return plan_delete("hello", there=observed, known=known, **options)  # type: ignore[arg-type]

    deleted = DeleteStateMachine("hello", f"{ARN}hello")
    assert decide(there("hello", "a")).steps == decide(None).steps == (deleted,)
    with refused("E_NOT_OURS", "hello"):
        decide(there("hello", "a", tags={}))
    theirs = ObservedAlias(f"{ARN}hello:live", {V1: 100}, "sfn-release 2.0.0 theirs")
    with refused("E_CONFLICT", "Another ledger", "sfn-release 2.0.0 theirs"):
        decide(there("hello", "a", alias=theirs))
    assert decide(there("hello", "a", alias=theirs), frozenset({"theirs"})).steps == (deleted,)


def test_two_workflows_cannot_be_one_machine() -> None:
    """A name template without the workflow would do that."""
    one, other = rendered("a", 1), rendered("b", 1)
    assert machine_names_clash([one, other]) is None
    clash = machine_names_clash([one, replace(other, name="a")])
    assert clash == ("a", "a", "b")


def test_a_plan_can_be_read_and_stored() -> None:
    """Each step says in words, and in JSON, what it will do."""
    observed = {"hello": there("hello", "b"), "new": None}
    decided = planned(target(hello="a", new="n"), observed)
    assert [str(step) for step in decided.steps] == [
        "update state machine hello",
        "publish a state machine version",
        "create state machine new (STANDARD)",
        "point alias live at the new version (now :1)",
        "create alias live at the new version",
        "tag sfn-release:digest=sha256:a",
    ]
    json = decided.to_json()
    assert json["workflows"] == {"hello": "updated", "new": "created"}
    assert (
        json["changes"],
        json["environment"],
        json["version"],
        json["from_version"],
    ) == (True, "prod", "1.0.0", None)
    assert [step["action"] for step in json["steps"]] == [
        "update",
        "publish",
        "create",
        "point-alias",
        "point-alias",
        "tag",
    ]
    assert json["steps"][3] == {
        "workflow": "hello",
        "action": "point-alias",
        "alias": "live",
        "to": None,
        "from": {V1: 100},
    }


def test_a_routing_is_told_by_version_numbers() -> None:
    """And weights, when there are two."""
    assert [routing_text(routing) for routing in ({V1: 100}, {V1: 90, V2: 10}, {})] == [
        ":1",
        ":1 90 %, :2 10 %",
        "nothing",
    ]


# The same against a small model of AWS, whatever was there before


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
    """And planning again gives no step: nothing was left, nothing is done twice."""
    alias = "live" if aliased else ""
    to = target("1.0.0", **contents)

    def decide() -> Plan:
        observed = {name: aws.observe(name) for name in contents}
        if not aliased:
            observed = {n: replace(one, alias=None) if one else None for n, one in observed.items()}
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
    """What was published once is used again, however often callers are sent to it."""
    aws = Aws({})
    for number, contents in enumerate(history):
        observed = {name: aws.observe(name) for name in contents}
        known = frozenset(str(earlier) for earlier in range(number))
        to = target(f"1.{number}.0", **contents)
        aws.apply(planned(to, observed, known=known, deployment=str(number)))
    for name, machine in aws.machines.items():
        had = {contents[name] for contents in history if name in contents}
        assert sorted(had) == sorted(machine.contents.values())
