"""Malformed inputs at every entry point: an error with a code, or success; never a traceback.

The seeds are fixed. ``benchmarks/attacks.py`` tries many more inputs.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_release.asl import paths
from support.attacks.feeding_projects import all_feeds
from support.attacks.fuzzing import ALONE, Fed, Feed, feed_one, feeding
from support.attacks.generated_inputs import GeneratedInputs
from support.values import JSON

INPUTS = 1200
"""Some ten seconds of a quiet core."""

GENERATED = 400
"""Some five seconds."""

REQUESTS = next(feed for feed in ALONE if feed.name == "request")
EXECUTIONS = next(feed for feed in ALONE if feed.name == "input")


def troubles(fed: list[Fed]) -> list[tuple[str, str, str | bytes]]:
    return [
        (outcome.feed, outcome.trouble, outcome.given[:500]) for outcome in fed if outcome.trouble
    ]


def test_inputs_that_went_wrong_are_refused_with_a_code(tmp_path: Path) -> None:
    """Parsers, service, command line and server refuse them; none takes ten seconds."""
    with all_feeds(tmp_path) as feeds:
        right = [feed_one(feed, _as_given(feed, feed.samples[0])) for feed in feeds]
        fed = list(feeding(feeds, INPUTS, seed=1))
    assert troubles(right) == []
    assert troubles(fed) == []
    assert {outcome.feed for outcome in fed} == {feed.name for feed in feeds}


def test_generated_json_ends_in_a_result_or_an_error_of_aws() -> None:
    """Definitions, inputs, mock files and requests of all operations."""
    fed = list(GeneratedInputs().feed(GENERATED, 1, lambda _kind, _text: None))
    assert troubles(fed) == []
    kinds = {outcome.feed: outcome.refused for outcome in fed if not outcome.refused}
    assert kinds.keys() == {"execution", "state", "machine", "request"}


@pytest.mark.parametrize("feed", ALONE, ids=lambda feed: feed.name)
def test_a_feed_takes_what_is_right(feed: Feed) -> None:
    """Otherwise it would only test the first check."""
    if feed.name in {"definition", "import"}:  # their samples are definitions that are refused, too
        assert any(not feed_one(feed, sample.encode()).refused for sample in feed.samples)
    else:
        fed = [feed_one(feed, _as_given(feed, sample)) for sample in feed.samples]
        assert [outcome for outcome in fed if outcome.refused or outcome.trouble] == []


def test_a_feed_that_fails_is_seen() -> None:
    """An exception without an error code is a finding."""

    def fail(_: object) -> None:
        raise KeyError("x")

    assert feed_one(Feed("x", ("a",), fail), "a").trouble.startswith(
        "KeyError: 'x' at test_fuzz.py"
    )


@settings(derandomize=True, max_examples=60)
@given(st.sampled_from([json.loads(text)[0] for text in REQUESTS.samples]), JSON)
def test_a_request_of_any_json_has_an_answer(operation: str, request: object) -> None:
    """AWS's error, or a result."""
    assert feed_one(REQUESTS, json.dumps([operation, request])).trouble == ""


@settings(derandomize=True, max_examples=40)
@given(JSON)
def test_an_execution_takes_any_input(value: object) -> None:
    """It ends; whether it succeeds is the definition's matter."""
    assert feed_one(EXECUTIONS, json.dumps(value)).trouble == ""


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(.*)*x", "a*a*a*a*a*a*b", "(a|b|ab)*c"])
def test_a_regular_expression_of_a_filter_is_linear(pattern: str) -> None:
    """A backtracking engine would never end."""
    path = paths.parse(f"$[?(@ =~ /{pattern}/)]")
    assert path.find(["a" * 100_000, "aab"]) == (["aab"] if "b" in pattern[-1] else [])


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a).*", "(a{500}){500}"])
def test_a_regular_expression_that_cannot_be_bounded_is_not_run(pattern: str) -> None:
    """AWS may accept the pattern, so it isn't an error in the definition."""
    path = f"$[?(@ =~ /{pattern}/)]"
    assert paths.problem(path) is None
    with pytest.raises(paths.PatternError, match="they can run forever"):
        paths.parse(path).find(["aa"])


def _as_given(feed: Feed, sample: str) -> str | bytes:
    return sample.encode() if feed.wild else sample
