"""A shop with a local trial, and a colleague who may take its number."""

from __future__ import annotations

from sfn_release.operations.verbs.verify import verify
from support.shop import (
    Shop,
    add_remote,
    clone,
)

HOME = "refs/sfn-release/shop/local"


OLD = "refs/sfn-release-unpushed/shop"


TAG = "refs/tags/v1.1.0"


def make_trial(shop: Shop) -> None:
    add_remote(shop)
    shop.publish("1.0.0", "prod")
    shop.publish("1.0.0")
    shop.commit(hello="mine")
    shop.publish("1.1.0")
    shop.git("push", "--quiet", "origin", "HEAD:main")


def remote_refs(shop: Shop) -> dict[str, str]:
    lines = shop.git("ls-remote", "--refs", "origin").splitlines()
    return {ref: at for at, ref in (line.split("\t") for line in lines)}


def problems(shop: Shop) -> list[str]:
    return [str(problem.error) for problem in verify(shop.workspace()).problems]


def taken(shop: Shop, content: str = "theirs") -> Shop:
    """Return the clone of a colleague, with another 1.1.0 released."""
    other = clone(shop, "colleague")
    other.git("config", "user.name", "Bob")
    other.git("config", "user.email", "bob@example.com")
    if content == "mine":
        other.publish("1.1.0", "prod")
    else:
        other.commit(hello=content)
        other.publish("1.1.0", "prod")
    return other
