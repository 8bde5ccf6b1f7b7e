"""The board, the timeline and the page of an environment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sfn_release.plan.policy_facts import LivePeriod
from sfn_release.release.record import DeploymentStatus, timestamp
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import DEPLOYMENTS_ON_PAGE, EnvironmentFacts, ReportFacts
from sfn_release.report.texts import age
from sfn_release.report.views.board_rows import BoardCell, board_rows
from sfn_release.report.views.environment_card import Health, environment_card
from support.report_facts import NOW, Texts, record, shop_facts
from support.report_pages import html_pages, pages_of, text_of


def environment(facts: ReportFacts, name: str) -> EnvironmentFacts:
    return next(it for it in facts.environments if it.name == name)


def test_a_card_says_who_brought_which_version_and_when() -> None:
    """And what happened since: the failed deployment, with its error."""
    text = text_of(html_pages(pages_of(shop_facts()))[paths.BOARD])
    assert "last deployment failed" in text
    assert "AccessDenied: not authorized" in text
    assert "promoted from dev 4 h ago by Ann" in text
    assert "charges twice" in text
    assert "Unsigned. the tag has no signature" in text


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
        "orders", since="1.3.0", arrived="2026-03-07T12:01:15Z", retained=True
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


def test_a_deployment_that_aws_calls_abandoned_has_no_end_in_the_future() -> None:
    """Its process died before its lock expires: the board doesn't say that it ends."""
    facts = shop_facts(live=True)
    prod = environment(facts, "prod")
    assert prod.live is not None
    assert "It ends by" in board_text(facts, prod)
    dead = replace(prod, live=replace(prod.live, state="abandoned", problem="its process ended"))
    text = board_text(facts, dead)
    assert "Abandoned: " in text
    assert "It ends by" not in text
    assert "its process ended" in text


def test_a_clock_that_is_ahead_is_named() -> None:
    """A deployment of tomorrow didn't happen just now."""
    assert age("2026-03-11T15:00:00Z", NOW) == "27 h ahead of this clock"
    assert age("2026-03-10T09:00:00Z", NOW) == "3 h ago"
    assert age("nonsense", NOW) == age(None, NOW) == ""


def board_text(facts: ReportFacts, alone: EnvironmentFacts) -> str:
    """Return the text of a board with one environment."""
    return text_of(html_pages(pages_of(replace(facts, environments=(alone,))))[paths.BOARD])


def test_cells_name_the_release_that_brought_the_content() -> None:
    """And the environment before that serves other content."""
    facts = shop_facts()
    rows = {row.workflow: row.cells for row in board_rows(facts)}
    assert [cell.since if cell else "" for cell in rows["注文"]] == ["1.5.0", "1.2.0", "1.2.0"]
    assert [cell.differs_from if cell else "" for cell in rows["注文"]] == ["", "dev", ""]


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
