"""Plans: which steps follow from a target, the last record and the state of AWS."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sfn_release.plan import (
    Observed,
    Plan,
    alias_deployment,
    machine_names_clash,
    plan_delete,
)
from sfn_release.plan.steps import (
    CreateStateMachine,
    DeleteStateMachine,
    ObservedAlias,
    PointAlias,
    PublishVersion,
    Step,
    TagStateMachine,
    UpdateStateMachine,
    routing_text,
)
from support.errors import refused
from support.plans import (
    ARN,
    COMMIT,
    OWN,
    origin,
    planned,
    rendered,
    served,
    serving,
    target,
    there,
)


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
    """Versions are still published, and the plan warns that callers change immediately."""
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
    """The revision protects a manual edit made in between: AWS refuses to publish it."""
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
    """Only tags of the last release are removed: tags that other people added stay."""
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
    """It stays as `retained`, with its version, and the plan says how to delete it."""
    before = serving(served("hello"), replace(served("old"), version_arn=f"{ARN}old:3"))
    decided = planned(target(hello="a"), {"hello": there("hello", "a")}, serving=before)
    retained = decided.workflows[1]
    assert ("old", "retained", f"{ARN}old:3") == (
        retained.workflow,
        retained.change,
        retained.version_arn,
    )
    assert f"`sfn-release delete old --env {decided.environment}`" in retained.notes[0]
    assert decided.steps == ()


def test_a_machine_that_is_left_behind_is_told() -> None:
    """With a new `name` template the old machine stays for its callers, and the plan names it."""
    before = serving(served("hello"))
    renamed = replace(A, name="hello-prod")
    (found,) = planned(target(hello=renamed), {"hello": None}, serving=before).workflows
    words = "hello is renamed: the old state machine hello keeps running, but sfn-release no longer"
    assert found.notes == (f"{words} manages it: {ARN}hello",)


FOREIGN = {
    "no tags at all": {},
    "another project": {**OWN, "sfn-release:project": "other"},
    "another environment": {**OWN, "sfn-release:environment": "staging"},
    "the page's StateMachine": {"Creator": "alice@example.com"},
}


@pytest.mark.parametrize("tags", FOREIGN.values(), ids=list(FOREIGN))
def test_a_machine_that_is_not_ours_is_not_touched(tags: dict[str, str]) -> None:
    """An adopted machine gets our tags and keeps its own."""
    observed = {"hello": there("hello", "a", tags=tags)}
    with refused("E_NOT_OURS", "hello", ARN + "hello", "--adopt"):
        planned(target(hello="a"), observed)
    (step,) = planned(target(hello="a"), observed, adopt=True).steps
    assert isinstance(step, TagStateMachine)
    assert step.removed == ()
    assert {**tags, **OWN, **origin("1.0.0", "a")} == {**tags, **step.tags}


def test_two_environments_of_a_project_do_not_share_a_machine() -> None:
    """The error names both, and the key that gives one of them its own names."""
    tags = {**OWN, "sfn-release:environment": "staging"}
    words = ("prod and staging use the same state machine, hello", 'name = "{workflow}-prod"')
    with refused("E_NOT_OURS", *words):
        planned(target(hello="a"), {"hello": there("hello", "a", tags=tags)})


def test_a_type_cannot_change() -> None:
    """The error explains the alternative, even with --adopt."""
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
    """An alias that matches the record is ours, without a search of the ledger."""
    before = serving(served("hello"))
    assert planned(
        target(hello="b"), {"hello": there("hello", "a")}, known=frozenset(), serving=before
    ).steps


@pytest.mark.parametrize("description", ["", "by hand", "sfn-release 1.0.0", "a b c"])
def test_an_alias_without_our_words_is_nobody_elses(description: str) -> None:
    """Its alias was moved by hand: that is drift, and a deployment repairs it."""
    alias = ObservedAlias(f"{ARN}hello:live", {V1: 100}, description)
    assert alias_deployment(description) is None
    observed = {"hello": there("hello", "a", alias=alias)}
    assert planned(target(hello="b"), observed, known=frozenset()).steps


def test_deleting_is_refused_for_what_others_look_after() -> None:
    """Deleting checks ownership as deploying does; a missing machine only leaves the record."""

    def decide(observed: Observed | None, known: frozenset[str] = frozenset()) -> Plan:
        before = serving(served("hello"))
        options = {"project": "shop", "environment": "prod", "serving": before}
        return plan_delete("hello", observed=observed, known=known, **options)  # type: ignore[arg-type]

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
    """Each step describes itself in words and in JSON."""
    observed = {"hello": there("hello", "b"), "new": None}
    decided = planned(target(hello="a", new="n"), observed)
    assert [str(step) for step in decided.steps] == [
        "update state machine hello",
        "publish a state machine version",
        "create state machine new (STANDARD)",
        "point alias live at the new version (now :1)",
        "create alias live at the new version",
        "update tags sfn-release:digest=sha256:a",
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
    """Two versions are shown with their weights."""
    assert [routing_text(routing) for routing in ({V1: 100}, {V1: 90, V2: 10}, {})] == [
        ":1",
        ":1 90 %, :2 10 %",
        "nothing",
    ]
