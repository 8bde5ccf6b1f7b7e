"""Proofs of what is live in `prod`, and the links that they find broken."""

from __future__ import annotations

from sfn_release.operations.proof.environment_proof import prove
from sfn_release.operations.proof.links import first_broken
from sfn_release.operations.proof.proven import EnvironmentProof
from sfn_release.operations.proof.rebuilding import Rebuilder
from support.shop import Shop, add_remote


def proven(shop: Shop, *, rebuild: bool = False, version: str | None = None) -> EnvironmentProof:
    """Return the proof of prod."""
    workspace = shop.workspace()
    with Rebuilder(workspace) as rebuilder:
        again = rebuilder.evidence if rebuild else None
        return prove(workspace, ["prod"], version=version, rebuild=again).environments[0]


def broken(proof: EnvironmentProof) -> dict[str, str]:
    """Return the first broken link of each workflow with one."""
    return {name: link.link for name, link in first_broken(proof.links).items()}


def make_proven(shop: Shop) -> None:
    """Give a shop a remote, and 1.1.0 after 1.0.0 in prod."""
    add_remote(shop)
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two", other="x")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    shop.publish("1.1.0", "prod")
