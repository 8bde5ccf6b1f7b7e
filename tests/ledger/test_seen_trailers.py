"""Branches that other branches have seen, without any repository."""

from __future__ import annotations

import pytest

from sfn_release.ledger.seen_trailers import Sighting, lost_branches, seen_trailers, sightings

BASE = "refs/heads/sfn-release/shop/"
WITNESS, OLD, NEW = "a" * 40, "b" * 40, "c" * 40


def found(refs: dict[str, str], remote: str | None = "upstream") -> list[tuple[str, str, str]]:
    """Return the lost branches with the error's message and advice; no branch contains OLD."""
    sighting = [Sighting(WITNESS, "env/prod", OLD), Sighting(WITNESS, "env/prod", NEW)]
    lost = lost_branches(sighting, refs, BASE, lambda _, commit: commit != OLD, remote=remote)
    return [(ref, error.message, error.fix) for ref, error in lost]


def test_trailers_are_read_back() -> None:
    """One for each branch; other lines of the message are not trailers."""
    trailers = seen_trailers({"releases": NEW, "env/prod": OLD})
    message = "deploy 1.0.0\n\nVersion: 1.0.0\n"
    message += "".join(f"{key}: {value}\n" for key, value in trailers)
    assert list(sightings([WITNESS], [message])) == [
        Sighting(WITNESS, "env/prod", OLD),
        Sighting(WITNESS, "releases", NEW),
    ]


def test_a_missing_branch_is_reported_once() -> None:
    """The advice has the remote's own name."""
    ref = f"{BASE}env/prod"
    [(lost, message, fix)] = found({f"{BASE}releases": NEW})
    assert (lost, message) == (ref, f"{ref} is missing from the ledger.")
    assert fix.endswith(f"git push upstream {OLD[:12]}:{ref}")


def test_a_branch_that_was_cut_back_is_reported_once() -> None:
    """The commit that it lost is named."""
    ref = f"{BASE}env/prod"
    [(lost, message, fix)] = found({ref: NEW})
    assert (lost, message) == (ref, f"{ref} was cut back: it no longer contains {OLD[:12]}.")
    assert fix.startswith("Find out who pushed by force.")
    assert fix.endswith(f"git push --force-with-lease={ref}:{NEW} upstream {OLD[:12]}:{ref}")


@pytest.mark.parametrize("refs", [{}, {f"{BASE}env/prod": NEW}])
def test_without_a_remote_the_branch_is_fetched_from_another_clone(refs: dict[str, str]) -> None:
    """A clone without a remote can't push, so the advice is a fetch."""
    [(ref, _, fix)] = found(refs, None)
    assert fix.endswith(f"git fetch CLONE {'+' if refs else ''}{ref}:{ref}")
