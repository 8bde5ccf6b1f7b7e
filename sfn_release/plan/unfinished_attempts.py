"""Find the changes that unfinished deployments left in AWS, as steps to undo. Pure.

A deployment that was killed half-way leaves aliases and `$LATEST` where they were then. The next
one starts from there. When it fails too, it doesn't put that back, but the state that the ledger
recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sfn_release.plan.model import Observed
from sfn_release.plan.ownership import alias_deployment
from sfn_release.plan.steps import ObservedAlias, PointAlias, Step, UpdateStateMachine, number
from sfn_release.release.record import Record
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Served, Serving


def left_alias(
    served: Served | None, observed: Observed | None, attempts: frozenset[str]
) -> ObservedAlias | None:
    """Return an alias as it was before one of *attempts*, deployment ids, moved it.

    None when none of them did, or when the ledger doesn't know the state before.
    """
    alias = observed.alias if observed else None
    if served is None or served.version_arn is None or alias is None:
        return None
    recorded = served.routing
    if alias.routing == recorded or alias_deployment(alias.description) not in attempts:
        return None
    return ObservedAlias(alias.arn, recorded, served.alias_description or "")


def mix_text(served: Served, alias: ObservedAlias | None) -> str | None:
    """Return how an alias splits its callers; None when all of them get one version.

    ``20 % of callers are on :4 (1.2.0)``: the alias's description names the release.
    """
    if alias is None or len(alias.routing) == 1:
        return None
    words = alias.description.split(" ")
    release = f" ({words[1]})" if alias_deployment(alias.description) else ""
    new = {arn: weight for arn, weight in alias.routing.items() if arn != served.version_arn}
    parts = [f"{weight} % of callers are on {number(arn)}{release}" for arn, weight in new.items()]
    return ", ".join(parts)


def leftovers(
    serving: Serving | None,
    forms: Mapping[str, Rendered],
    observed: Mapping[str, Observed | None],
    attempts: Iterable[Record],
) -> tuple[Step, ...]:
    """Return the steps of *attempts* whose effect is in AWS. Undoing them restores the record.

    *forms* are the recorded forms.
    """
    attempts = list(attempts)
    identities = frozenset(attempt.id for attempt in attempts)
    steps: list[Step] = []
    for name, served in serving.workflows.items() if serving else ():
        machine = observed.get(name)
        if machine is None or machine.arn != served.state_machine_arn:
            continue
        sent = [attempt.workflows[name] for attempt in attempts if name in attempt.workflows]
        live = machine.latest
        if (
            live is not None
            and name in forms
            and live.digest != served.latest_digest
            and any(outcome.is_of(live) for outcome in sent)
        ):
            before_it = served.found.unqualified(forms[name]) if served.found else forms[name]
            steps.append(UpdateStateMachine(name, machine.arn, live, before_it))
        before = left_alias(served, machine, identities)
        if before is not None and machine.alias is not None:
            alias = machine.alias.arn.rpartition(":")[2]
            steps.append(PointAlias(name, alias, None, machine.alias.description, before))
    return tuple(steps)
