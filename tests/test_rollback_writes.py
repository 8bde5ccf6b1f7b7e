"""What a rollback writes to AWS: no more than two calls for each workflow."""

from __future__ import annotations

import re
from pathlib import Path

from faults import Faulty
from faults_shop import Shop


def test_a_rollback_writes_at_most_twice_for_each_workflow(tmp_path: Path) -> None:
    """Its versions exist: the alias is moved, `$LATEST` restored, and nothing else."""
    names = [f"w{number}" for number in range(10)]
    shop = Shop.create(tmp_path / "shop", dict.fromkeys(names, 1))
    with shop.opened():
        shop.publish("1.0.0")
        shop.commit(dict.fromkeys(names, 2))
        shop.publish("1.1.0")
        aws = Faulty(shop.aws)
        shop.rollback(aws=aws)
        live = {machine.live for machine in shop.machines().values()}
    writes = [call for call in aws.calls if not re.search(r"\b(Describe|List)", call)]
    expected = [f"{name}.UpdateStateMachine{what}" for name in names for what in ("", "Alias")]
    assert sorted(expected) == sorted(writes)
    assert live == {f"{name} 1" for name in names}
