"""Branches that were cut back on purpose, while another branch mentions the dropped commits."""

from __future__ import annotations

from pathlib import Path

from sfn_release.operations.verbs.verify import verify
from support.errors import refused
from support.shop import CONFIG, PROD, RELEASES, account, add_remote, clone, copy_shop

STAGING = PROD.replace("prod", "staging")
OTHER = """
[environments.staging]
region = "eu-west-1"
name = "{workflow}-staging"
role_arn = "arn:aws:iam::000000000000:role/shop"
parameters = { Who = "Alice" }
"""


def test_a_branch_that_mentions_dropped_commits_is_named_and_cut_too(tmp_path: Path) -> None:
    """Everything is refused until then, and the error says which branch is in the way."""
    shop = account(copy_shop(tmp_path))
    shop.write("releases.toml", CONFIG + OTHER)
    add_remote(shop)
    shop.commit(hello=1)
    shop.publish("1.0.0", "prod")
    shop.deploy("1.0.0", "staging")
    good = {ref: shop.git("rev-parse", ref) for ref in (PROD, RELEASES, STAGING)}
    shop.commit(hello=6)
    shop.publish("6.6.6", "prod")
    shop.deploy("6.6.6", "staging")

    def cut(ref: str) -> None:
        shop.git("push", "--quiet", "--force", "origin", f"{good[ref]}:{ref}")

    cut(PROD)
    cut(RELEASES)
    shop.git("push", "--quiet", "origin", ":refs/tags/v6.6.6")
    shop.git("tag", "--delete", "v6.6.6")
    verify(shop.workspace(), accept_rewrite=True)
    with refused("E_TAMPERED", f"{RELEASES} was cut back", "If you cut it back yourself"):
        shop.publish("1.1.0", "prod", adopt=True)
    witness = shop.git("rev-parse", "--short=12", STAGING)
    errors = [str(check.error) for check in verify(shop.workspace()).problems]
    assert any(f"The commit {witness} of the ledger saw it" in error for error in errors)

    cut(STAGING)
    assert verify(shop.workspace(), accept_rewrite=True).problems == ()
    assert verify(clone(shop).workspace()).problems == ()
    shop.publish("1.1.0", "prod", adopt=True)
    shop.deploy("1.1.0", "staging", adopt=True)
    assert verify(shop.workspace()).problems == ()
