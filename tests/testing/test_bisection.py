"""The search for a change in a row of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sfn_release.testing.bisection import Bisection, Candidate, find_changes


def search(answers: Sequence[bool | None], *, most: int = 500) -> tuple[Bisection[int], list[int]]:
    """Search candidates 0, 1, … with these answers; return the result and what was run."""
    ran: list[int] = []

    def meets(item: int) -> bool | None:
        ran.append(item)
        return answers[item]

    candidates = [Candidate(at, str(at)) for at in range(len(answers))]
    return find_changes(candidates, meets, most=most), ran


@given(st.integers(1, 200), st.data())
def test_a_single_change_is_found(size: int, data: st.DataObject) -> None:
    """At every place, in both directions, by few runs at first."""
    place = data.draw(st.integers(1, size))
    first = data.draw(st.booleans())
    found, ran = search([first] * place + [not first] * (size + 1 - place), most=0)
    (change,) = found.changes
    assert (change.before, change.after) == (place - 1, place)
    assert len(ran) <= 2 + (size + 1).bit_length()
    assert found.newest is not first


@given(st.lists(st.sampled_from([True, False, None]), max_size=60))
def test_every_change_is_found_if_all_may_be_run(answers: list[bool | None]) -> None:
    """Candidates that can't be run are left out, and nothing is run twice."""
    found, ran = search(answers)
    known = [at for at, answer in enumerate(answers) if answer is not None]
    expected = [(old, new) for old, new in pairwise(known) if answers[old] != answers[new]]
    assert [(change.before, change.after) for change in found.changes] == expected
    assert sorted(ran) == list(range(len(answers)))
    assert found.failed == tuple(at for at, answer in enumerate(answers) if answer is None)
    assert found.newest is (answers[known[-1]] if known else None)
    assert not any(change.gap for change in found.changes)


def test_equal_candidates_are_run_once() -> None:
    """They have the same key."""
    ran: list[int] = []
    candidates = [Candidate(at, str(at // 10)) for at in range(30)]

    def meets(item: int) -> bool:
        ran.append(item)
        return item < 10

    found = find_changes(candidates, meets)
    assert [(change.before, change.after) for change in found.changes] == [(9, 10)]
    assert (found.runs, len(ran)) == (3, 3)


def test_the_rest_isnt_run_beyond_the_limit() -> None:
    """The result says how many weren't run."""
    found, ran = search([True] * 50 + [False] * 50, most=12)
    assert len(ran) == 12
    assert found.unexplored == 88
    assert [(change.before, change.after) for change in found.changes] == [(49, 50)]
