"""The board, the timeline and the page of an environment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sfn_release.operations.next_steps import EnvironmentState
from sfn_release.plan.policy_facts import LivePeriod
from sfn_release.release.record import DeploymentStatus, timestamp
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import DEPLOYMENTS_ON_PAGE, EnvironmentFacts, ReportFacts
from sfn_release.report.markup import aging, with_age
from sfn_release.report.views.board_rows import BoardCell, board_rows
from sfn_release.report.views.environment_card import environment_card
from sfn_release.report.views.environment_marks import Health
from support.report_facts import NOW, Texts, record, shop_facts
from support.report_pages import html_pages, pages_of, text_of


def environment(facts: ReportFacts, name: str) -> EnvironmentFacts:
    return next(it for it in facts.environments if it.name == name)


def test_a_card_says_who_brought_which_version_and_when() -> None:
    """And what happened since: the failed deployment, with its error."""
    text = text_of(html_pages(pages_of(shop_facts()))[paths.BOARD])
    assert "last deployment failed" in text
    assert "AccessDenied: not authorized" in text
    assert "promoted from dev 2026-03-10 07:01 UTC by Ann" in text
    assert "charges twice" in text
    assert "Unsigned. the tag has no signature" in text


def test_a_card_shows_the_worst_that_is_known() -> None:
    """Its colour and first mark; that all is well stands only where nothing is wrong."""
    facts = shop_facts(live=True)
    prod = environment(facts, "prod")
    assert prod.live is not None
    prod = replace(prod, live=replace(prod.live, state="in-sync"), records=prod.records[1:])
    marks = [mark.words for mark in environment_card(facts, prod).marks]
    assert marks == ["yanked", "unsigned"]
    assert environment_card(facts, prod).tone == "bad"
    signed = replace(prod, unsigned=())
    assert [mark.words for mark in environment_card(facts, signed).marks] == ["yanked"]
    releases = tuple(replace(release, yank=None) for release in facts.releases)
    well = environment_card(replace(facts, releases=releases), signed)
    assert [(mark.tone, mark.words) for mark in well.marks] == [("ok", "in sync")]
    staging = environment_card(shop_facts(), environment(shop_facts(), "staging"))
    assert [mark.words for mark in staging.marks] == ["soaking for prod", "deployed"]
    assert staging.tone == "info"
    pages = html_pages(pages_of(replace(facts, environments=(prod,))))
    for path in (paths.BOARD, paths.environment_path("prod")):
        assert "yanked ✕ unsigned 1.3.0" in text_of(pages[path])


@pytest.mark.parametrize("aws", ["in-sync", "drifted", "unreachable", "failed"])
@pytest.mark.parametrize("status", ["failed", "reverted"])
def test_aws_does_not_hide_that_the_last_deployment_failed(
    aws: EnvironmentState, status: DeploymentStatus
) -> None:
    """Also where everything was put back, and AWS is as recorded."""
    facts = shop_facts(live=True)
    staging = environment(facts, "staging")
    assert staging.live is not None
    last = record("staging", facts.releases[-1], texts=Texts(), status=status)
    live = replace(staging.live, state=aws)
    shown = replace(staging, records=(last, *staging.records), live=live)
    words = [mark.words for mark in environment_card(facts, shown).marks]
    assert f"last deployment {status}" in words
    assert "in sync" not in words


def test_a_trial_under_the_version_of_a_release_is_marked() -> None:
    """It isn't that release, and the card isn't green."""
    facts = shop_facts(environments=["staging"])
    (staging,) = facts.environments
    assert staging.serving is not None
    other = replace(staging, serving=replace(staging.serving, release_digest="sha256:other"))
    card = environment_card(facts, other)
    assert [mark.words for mark in card.marks] == ["local trial", "soaking for prod"][
        : len(card.marks)
    ]
    assert card.tone == "warn"


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        ("started", None, "was abandoned"),
        ("failed", "taken over by Bob: its process is gone", "was abandoned"),
        ("failed", "unlocked by Bob", "was abandoned"),
        ("failed", "AccessDenied", "failed"),
        ("reverted", "an alarm", "was reverted"),
    ],
)
def test_a_rollback_to_the_same_version_says_what_it_undid(
    status: DeploymentStatus, error: str | None, words: str
) -> None:
    """Not "rolled back from 1.5.0" on a card of 1.5.0."""
    facts = shop_facts(environments=["staging"])
    (staging,) = facts.environments
    live, other = facts.releases[-1], facts.releases[-2]
    attempt = record(
        "staging", other, texts=Texts(), action="promote", status=status, hours=2, error=error
    )
    back = record("staging", live, texts=Texts(), action="rollback", before=live.version, hours=1)
    records = (back, attempt, *staging.records)
    text = board_text(facts, replace(staging, records=records, deployed=back))
    assert f"put back after the promote of 1.4.0 {words}" in text
    assert "rolled back" not in text
    alone = board_text(facts, replace(staging, records=(back,), deployed=back))
    assert "put back" in alone
    assert "rolled back" not in alone


def test_equal_notes_are_one_note_with_the_workflows() -> None:
    """Six workflows with one difference are one line; AWS's state and the attempt are said once."""
    facts = shop_facts(live=True, workflows=[f"wf-{number}" for number in range(6)])
    staging = environment(facts, "staging")
    assert staging.live is not None
    rows = tuple(
        replace(it, state="drifted", differences=("the alias is elsewhere", *own))
        for it, own in zip(staging.live.workflows, [("Comment",), *[()] * 5], strict=True)
    )
    live = replace(staging.live, workflows=rows, problem="deploy 9.0.0 by Ann: gone")
    card = environment_card(facts, replace(staging, live=live))
    assert card.problems == (
        "wf-0, wf-1, wf-2 and 3 more: the alias is elsewhere",
        "wf-0: Comment",
    )


@pytest.mark.parametrize(
    ("status", "hours", "health"),
    [
        ("started", 0.1, "in-progress"),
        ("started", 16 / 60, "in-progress"),  # clocks may differ by two minutes
        ("started", 18 / 60, "abandoned"),
        ("started", 1, "abandoned"),
        ("failed", 1, "failed"),
        ("reverted", 1, "reverted"),
        ("succeeded", 1, "serving"),
    ],
)
def test_the_health_follows_from_the_last_deployment(
    status: str, hours: float, health: Health
) -> None:
    """A started deployment is abandoned after its expiry and the skew of clocks."""
    facts = shop_facts()
    staging = environment(facts, "staging")
    last = record("staging", facts.releases[-1], texts=Texts(), status=status, hours=hours)  # type: ignore[arg-type]
    staging = replace(staging, records=(last, *staging.records))
    assert environment_card(facts, staging).health == health


def test_a_release_soaks_for_the_next_environment() -> None:
    """Prod takes a release after two days in staging, counted from its deployment's end."""
    facts = shop_facts()
    staging = environment(facts, "staging")
    (soak,) = environment_card(facts, staging).soaks
    assert (soak.environment, soak.left) == ("prod", "1 d 19 h")
    early = timestamp(NOW - timedelta(days=3))
    (soak,) = environment_card(facts, replace(staging, period=LivePeriod(early))).soaks
    assert soak.left == ""
    over = LivePeriod(early, timestamp(NOW - timedelta(days=2)), "delete")
    assert environment_card(facts, replace(staging, period=over)).soaks == ()
    prod = replace(environment(facts, "prod"), serving=staging.serving)
    there = replace(facts, environments=(staging, prod))
    assert environment_card(there, staging).soaks == ()


def test_aws_decides_in_a_live_report() -> None:
    """Drift, an environment that isn't reached, and the weights of a shift."""
    facts = shop_facts(live=True)
    cards = {it.name: environment_card(facts, it) for it in facts.environments}
    assert [card.health for card in cards.values()] == ["unreachable", "drifted", "in-progress"]
    assert "No route to host." in cards["dev"].problems[0]
    rows = {row.workflow: row.cells for row in board_rows(facts)}
    cell = rows["orders"][2]
    assert cell is not None
    assert cell.routing == ":6 90 %, :7 10 %"


def test_a_reverted_deployment_is_called_so_in_a_live_report() -> None:
    """AWS's state is the word for all that failed; the record knows that all was put back."""
    facts = shop_facts(live=True)
    staging = environment(facts, "staging")
    assert staging.live is not None
    failed = replace(staging.live, state="failed")
    outcomes: dict[DeploymentStatus, Health] = {"reverted": "reverted", "failed": "failed"}
    for status, health in outcomes.items():
        last = record("staging", facts.releases[-1], texts=Texts(), status=status)
        shown = replace(staging, records=(last, *staging.records), live=failed)
        assert environment_card(facts, shown).health == health


def test_workflows_that_stay_or_went_are_marked() -> None:
    """Retained, deleted by hand, handed over to another project, and never there."""
    facts = shop_facts(environments=["dev"])
    (dev,) = facts.environments
    assert dev.serving is not None
    served = dict(dev.serving.workflows)
    orders = replace(served.pop("orders"), retained=True)
    old = replace(orders, digest="sha256:trial")
    del served["refunds"]
    serving = replace(
        dev.serving, workflows={**served, "orders": orders}, handed_over={"payments": "bank"}
    )
    facts = replace(facts, environments=(replace(dev, serving=serving),))
    cells = {row.workflow: row.cells[0] for row in board_rows(facts)}
    assert cells["orders"] == BoardCell(
        "orders", version="1.5.0", since="1.3.0", arrived="2026-03-07T12:01:15Z", retained=True
    )
    assert cells["refunds"] == BoardCell("refunds", deleted=True)
    assert cells["payments"] == BoardCell("payments", given_to="bank")
    text = board_text(facts, facts.environments[0])
    for part in ("retained", "deleted", "now in bank"):
        assert part in text
    gone = replace(serving, workflows={"orders": old}, version="9.9.9", handed_over={})
    facts = replace(facts, environments=(replace(dev, serving=gone),))
    cells = {row.workflow: row.cells[0] for row in board_rows(facts)}
    assert cells["refunds"] is None
    assert cells["orders"] is not None
    assert not cells["orders"].is_known


def test_an_expired_deployment_is_never_in_progress() -> None:
    """Also where AWS isn't reached, so that the health says something else."""
    facts = shop_facts(live=True)
    dev = environment(facts, "dev")
    last = record("dev", facts.releases[-1], texts=Texts(), status="started", hours=5)
    dev = replace(dev, records=(last, *dev.records))
    others = [it for it in facts.environments if it.name != "dev"]
    pages = html_pages(pages_of(replace(facts, environments=(dev, *others))))
    board = text_of(pages[paths.BOARD])
    assert environment_card(facts, dev).health == "unreachable"
    assert "Abandoned: deploy of" in board
    assert "Its lock expired" in board


def test_only_the_lock_of_a_deployment_expires() -> None:
    """When it ends isn't known, least of all if its process died."""
    facts = shop_facts(live=True)
    prod = environment(facts, "prod")
    assert prod.live is not None
    assert "In progress: " in board_text(facts, prod)
    assert "Its lock expires at 2026-03-10 12:09 UTC" in board_text(facts, prod)
    dead = replace(prod, live=replace(prod.live, state="abandoned", reasons=("its process ended",)))
    text = board_text(facts, dead)
    assert "Abandoned: " in text
    assert "Its lock expires at 2026-03-10 12:09 UTC" in text
    assert "its process ended" in text


def test_a_time_is_written_as_a_date_and_any_other_text_stays() -> None:
    """site.js makes ages of the elements. A broken time of a record isn't one."""
    assert aging("2026-03-11T15:00:00Z") == (
        '<time data-age datetime="2026-03-11T15:00:00Z">2026-03-11 15:00 UTC</time>'
    )
    assert with_age("2026-03-11T16:00:07.5+01:00", seconds=True) == (
        '<time data-with-age datetime="2026-03-11T16:00:07.5+01:00">2026-03-11 15:00:07 UTC</time>'
    )
    assert aging('<b>"') == "<bdi>&lt;b&gt;&#34;</bdi>"
    assert aging(None) == with_age("") == ""


def board_text(facts: ReportFacts, alone: EnvironmentFacts) -> str:
    """Return the text of a board with one environment."""
    return text_of(html_pages(pages_of(replace(facts, environments=(alone,))))[paths.BOARD])


def test_cells_name_the_release_that_brought_the_content() -> None:
    """And the environment before that serves other content."""
    facts = shop_facts()
    rows = {row.workflow: row.cells for row in board_rows(facts)}
    assert [cell.since if cell else "" for cell in rows["注文"]] == ["1.5.0", "1.2.0", "1.2.0"]
    assert [cell.version if cell else "" for cell in rows["注文"]] == ["1.5.0", "1.4.0", "1.3.0"]
    assert [cell.differs_from if cell else "" for cell in rows["注文"]] == [(), ("dev",), ()]
    board = text_of(html_pages(pages_of(facts))[paths.BOARD])
    assert "1.4.0 differs from dev content of 1.2.0, 2026-03-" in board
    assert "staging ≠ dev prod ≠ staging" in board


def test_the_timeline_shows_rollbacks_with_their_reasons() -> None:
    """From which version to which, who, why, and which policies were overridden."""
    text = text_of(html_pages(pages_of(shop_facts()))[paths.TIMELINE])
    assert "Rolled back staging : 1.4.0 → 1.3.0 ✓ succeeded" in text.replace(
        "staging:", "staging :"
    )
    for part in ("charges fail", "Policies were overridden: an outage", "in 1 min 15 s"):
        assert part in text
    assert text.index("Promote prod") < text.index("Rolled back")
    for part in (
        "planned: 2 unchanged, 1 updated",
        "Planned changes",
        "Deploy dev : 1.5.0 ✕ failed",
    ):
        assert part in text.replace("dev:", "dev :")
    assert text.count("planned:") == 1


def test_a_permalink_of_a_deployment_stays_when_others_follow() -> None:
    """The parts of an environment's list count from its oldest deployment."""
    facts = shop_facts()
    staging = environment(facts, "staging")
    first = staging.records[-1]
    many = [
        record("staging", facts.releases[0], texts=Texts(), hours=hours / 60)
        for hours in range(2 * DEPLOYMENTS_ON_PAGE)
    ]
    longer = replace(
        facts,
        environments=(replace(staging, records=(*many, *staging.records)),),
    )
    path = facts.deployment_path("staging", first.id)
    assert path == longer.deployment_path("staging", first.id)
    found = pages_of(longer)
    page, _, anchor = path.partition("#")
    assert f'id="{anchor}"' in found[page].html
    assert f"environments/staging/{3}/index.html" in found
    assert max(len(it.html.encode()) for it in found.values()) <= 300_000


def test_a_short_last_part_is_shown_with_the_one_before() -> None:
    """So that the newest page never has a single deployment."""
    facts = shop_facts(environments=["dev"])
    dev = facts.environments[0]
    many = [
        record("dev", facts.releases[0], texts=Texts(), hours=1 + number / 60)
        for number in range(DEPLOYMENTS_ON_PAGE + 1)
    ]
    longer = replace(facts, environments=(replace(dev, records=tuple(many)),))
    found = pages_of(longer)
    assert found[paths.TIMELINE].html.count('class="entry ') == DEPLOYMENTS_ON_PAGE + 1
    assert found[paths.timeline_path(1)].html.count('class="entry ') == DEPLOYMENTS_ON_PAGE
