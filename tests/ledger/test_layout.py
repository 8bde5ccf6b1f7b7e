"""The names of the ledger's refs, without any repository."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sfn_release.ledger.layout import Layout

TEAM = Layout("shop", "refs/heads/sfn-release", "shop-v{version}", "origin", frozenset({"local"}))
ALONE = replace(TEAM, remote=None)


def test_an_environment_is_a_branch() -> None:
    """The records of this machine are a branch only where no remote could take them."""
    assert TEAM.env_ref("prod") == "refs/heads/sfn-release/shop/env/prod"
    assert TEAM.env_ref("local") == "refs/sfn-release/shop/local/env/local"
    assert ALONE.env_ref("local") == "refs/heads/sfn-release/shop/env/local"


def test_a_copy_leads_back_to_its_original() -> None:
    """This holds for every branch and every prefix."""
    for layout in (TEAM, replace(TEAM, prefix="refs/sfn-release")):
        for ref in (layout.releases_ref, layout.yanks_ref, layout.env_ref("prod")):
            copy = layout.copy_ref(ref)
            assert copy.startswith("refs/sfn-release-remotes/origin/shop/")
            assert layout.original_ref(copy) == ref


@pytest.mark.parametrize("layout", [TEAM, replace(TEAM, prefix="refs/sfn-release")])
def test_private_refs_never_leave_this_clone(layout: Layout) -> None:
    """They stay even when the remote has a ref of that name."""
    private = [
        layout.env_ref("local"),
        layout.public_env_ref("local"),
        layout.trial_ref("1.0.0"),
        layout.source_ref("1.0.0"),
        layout.yielded_ref("1.0.0"),
        layout.trial_yanks_ref,
    ]
    assert [ref for ref in private if layout.is_shared(ref) or layout.is_public(ref)] == []
    shared = [layout.releases_ref, layout.yanks_ref, layout.env_ref("prod")]
    assert {layout.remote_of(ref) for ref in shared} == {"origin"}


def test_without_a_remote_every_branch_is_public_and_none_is_shared() -> None:
    """This clone is the ledger."""
    refs = [ALONE.releases_ref, ALONE.env_ref("prod"), ALONE.env_ref("local")]
    assert [ref for ref in refs if not ALONE.is_public(ref) or ALONE.is_shared(ref)] == []


def test_refs_above_the_ledger_would_block_it() -> None:
    """Git can't keep a branch and a folder of one name."""
    blocking = ["refs/heads/sfn-release", "refs/heads/sfn-release/shop"]
    assert TEAM.blocking_refs() == blocking


def test_a_tag_has_the_projects_pattern() -> None:
    """So that two projects of one repository can release the same version."""
    assert TEAM.tag_ref("1.2.0") == "refs/tags/shop-v1.2.0"
