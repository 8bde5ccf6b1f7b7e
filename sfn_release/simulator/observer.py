"""The interface to whoever watches an execution while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sfn_release.simulator.execution_outcome import Event

if TYPE_CHECKING:
    from sfn_release.simulator.map_runs.child_execution import ChildExecution
    from sfn_release.simulator.map_runs.map_run_record import MapRun

TransitionKind = Literal["start", "next", "choice", "default", "catch", "retry"]


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of an execution from *state* to the state *next*, and the reason for it.

    =========  ============================================  ===============================
    *kind*     the step                                      *rule*, an index from 0
    =========  ============================================  ===============================
    start      into the first state of a machine, branch
               or iteration; *state* is empty
    next       by Next; *next* is None at an End, and after
               a Succeed
    choice     by a rule of a Choice                         of the rule, in Choices
    default    by the Default of a Choice
    catch      by a catcher, after *error*                   of the catcher, in Catch
    retry      into the same state again, after *error*      of the retrier, in Retry
    =========  ============================================  ===============================

    A state that fails, and a Fail, have no transition.
    """

    kind: TransitionKind
    state: str
    next: str | None
    rule: int | None = None
    error: str | None = None


@dataclass(frozen=True)
class Observer:
    """Receives an execution's events and transitions at once, as they happen.

    *child* receives each child execution of a distributed Map at its start and at its end. It has
    its history; after its end, you may replace that by ``()`` to save memory. *transition* receives
    those of child executions too.
    """

    event: Callable[[Event], None] | None = None
    child: Callable[[MapRun, ChildExecution], None] = lambda _run, _child: None
    transition: Callable[[Transition], None] = lambda _transition: None
