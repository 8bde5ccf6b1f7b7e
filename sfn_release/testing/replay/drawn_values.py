"""Takes values over from the recording that every run draws anew: UUIDs, chance, times, tokens.

A field that uses such a value is computed several times, each time with other draws. Where the
results differ, the field depends on a draw, and the recorded value stands in its place, if a draw
could have given it: see `possible_draws`. Everything else in the field is compared as ever. So a
replay goes on with the values that the recorded execution drew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sfn_release.simulator import VirtualClock
from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.languages.query_language import QueryLanguage
from sfn_release.simulator.states.state_visit import StateExit, StateVisit
from sfn_release.simulator.timestamps import parse_instant, write_instant
from sfn_release.testing.histories.state_visits import Visit
from sfn_release.testing.replay.json_differences import first_apart
from sfn_release.testing.replay.meetings import Meeting, is_readable, parsed, value_of
from sfn_release.testing.replay.possible_draws import with_draws
from sfn_release.testing.replay.recorded_clock import SLACK

_DRAWS = 6
_CHOICES = 50


@dataclass(frozen=True)
class Drawing:
    """What a state can take over: of the visit that it meets, and of the visits inside it.

    *following* is the recorded next state. *inside* returns the first recorded visit of an
    iteration, or (None) of any branch. With *known*, the execution's ids are the recorded ones.
    """

    meeting: Meeting | None
    following: str | None
    inside: Callable[[int | None], Visit | None]
    known: bool

    @property
    def recorded(self) -> Visit | None:
        """The recorded visit."""
        return self.meeting.recorded if self.meeting else None


class _Opposite(Random):
    """Draws the opposite of another source, so that all digits of a UUID differ."""

    def __init__(self, state: tuple[Any, ...]) -> None:
        super().__init__(0)
        self._source = Random(0)  # noqa: S311 - nothing secret
        self._source.setstate(state)

    def random(self) -> float:
        """Return what is left to 1."""
        return 1 - self._source.random()

    def getrandbits(self, k: int, /) -> int:
        """Return the complement."""
        return self._source.getrandbits(k) ^ ((1 << k) - 1)


class DrawnLanguage:
    """A query language that computes what a state draws, and takes the recorded draws over."""

    def __init__(self, language: QueryLanguage, drawing: Drawing) -> None:
        self._language = language
        self._drawing = drawing

    def enter(self, visit: StateVisit) -> None:
        """Set the input. It draws nothing but what the context object has."""
        self._language.enter(visit)

    def arguments(self, visit: StateVisit) -> Any:
        """Return the request, with the drawn values that the recorded request has."""
        recorded = self._drawing.recorded
        text = None
        if recorded is not None and recorded.type == "Task" and self._drawing.meeting is not None:
            number = self._drawing.meeting.calls
            text = recorded.tasks[number].arguments if number < len(recorded.tasks) else None
        elif recorded is not None and recorded.type == "Parallel":
            inside = self._drawing.inside(None)
            text = None if inside is None else inside.input
        return self._settled(visit, lambda: self._language.arguments(visit), text)

    def item(self, visit: StateVisit, value: Any) -> Any:
        """Return an iteration's input, with the drawn values that the recorded one has."""
        index = visit.context.get("Map", {}).get("Item", {}).get("Index")
        inside = self._drawing.inside(index)
        text = None if inside is None else inside.input
        return self._settled(visit, lambda: self._language.item(visit, value), text)

    def finish(self, visit: StateVisit, result: Any) -> StateExit:
        """End a state, with the drawn values that its recorded exit has."""
        first = self._language.finish(visit, result)
        computed = visit.definition.get("Type") == "Pass" and "Result" not in visit.definition

        def again() -> StateExit:
            """Return the exit with other draws; a Pass draws its result too."""
            made = self._language.arguments(visit) if computed else result
            return self._language.finish(visit, made)

        return self._exit(visit, first, again)

    def leave(self, visit: StateVisit, rule: int | None = None) -> StateExit:
        """End a state, with the drawn values that its recorded exit has."""
        first = self._language.leave(visit, rule)
        return self._exit(visit, first, lambda: self._language.leave(visit, rule))

    def catch(self, visit: StateVisit, catcher: int, error: Mapping[str, Any]) -> StateExit:
        """End a state, with the drawn values that its recorded exit has."""
        first = self._language.catch(visit, catcher, error)
        return self._exit(visit, first, lambda: self._language.catch(visit, catcher, error))

    def choose(self, visit: StateVisit) -> int | None:
        """Return the rule that leads to the recorded next state, if some draw leads there.

        The time of the choice is known from the recording, so it's drawn nearby.
        """
        first = self._language.choose(visit)
        following = self._drawing.following
        if following is None or self._target(visit, first) == following:
            return first
        for _ in _drawn(visit, self._drawing, _CHOICES, _near):
            rule = self._language.choose(visit)
            if self._target(visit, rule) == following:
                return rule
        return first

    @staticmethod
    def _target(visit: StateVisit, rule: int | None) -> Any:
        if rule is None:
            return visit.definition.get("Default")
        return visit.definition["Choices"][rule].get("Next")

    def wake(self, visit: StateVisit, now: datetime) -> datetime:
        """Return the instant when a Wait ends."""
        return self._language.wake(visit, now)

    def seconds(self, visit: StateVisit, field: str) -> int | None:
        """Return a timeout."""
        return self._language.seconds(visit, field)

    def credentials(self, visit: StateVisit) -> str | None:
        """Return the role that a Task assumes."""
        return self._language.credentials(visit)

    def items(self, visit: StateVisit) -> list[Any] | Mapping[str, Any]:
        """Return the items of a Map."""
        return self._language.items(visit)

    def number(self, visit: StateVisit, place: tuple[str, ...]) -> float:
        """Return a number of a Map."""
        return self._language.number(visit, place)

    def template(self, visit: StateVisit, place: tuple[str, ...], value: Any) -> Any:
        """Return the value of a template."""
        return self._language.template(visit, place, value)

    def reason(self, visit: StateVisit) -> tuple[str | None, str | None]:
        """Return a Fail state's error and cause, with the drawn values of the recorded ones."""
        found = self._language.reason(visit)
        recorded = self._drawing.recorded
        if recorded is None or found == (recorded.error, recorded.cause):
            return found
        known = [recorded.error, recorded.cause]
        error, cause = self._take([*found], known, visit, lambda: [*self._language.reason(visit)])
        return error, cause

    def _settled(self, visit: StateVisit, compute: Callable[[], Any], text: str | None) -> Any:
        """Return a computed value with the drawn values of the recorded *text*."""
        first = compute()
        recorded = parsed(text)
        if text is None or not is_readable(text) or first_apart(recorded, first) is None:
            return first
        return self._take(first, recorded, visit, compute)

    def _exit(
        self, visit: StateVisit, first: StateExit, compute: Callable[[], StateExit]
    ) -> StateExit:
        recorded = self._drawing.recorded
        if recorded is None or recorded.exited is None:
            return first
        value = {"output": first.output, "assigned": dict(first.assigned)}
        known = {
            "output": value_of(recorded.output) if is_readable(recorded.output) else first.output,
            "assigned": {name: value_of(text) for name, text in recorded.assigned.items()},
        }
        if first_apart(known, value) is None:
            return first

        def again() -> Any:
            exit_ = compute()
            return {"output": exit_.output, "assigned": dict(exit_.assigned)}

        taken = self._take(value, known, visit, again)
        return replace(first, output=taken["output"], assigned=taken["assigned"])

    def _take(
        self, first: Any, recorded: Any, visit: StateVisit, compute: Callable[[], Any]
    ) -> Any:
        others = []
        for _ in _drawn(visit, self._drawing, _DRAWS):
            with suppress(StateFailure):
                others.append(compute())
        return with_draws(first, others, recorded, self._drawing.recorded)


@contextmanager
def _put_back(visit: StateVisit) -> Iterator[None]:
    before = visit.random, visit.clock, visit.context, visit.input
    try:
        yield
    finally:
        visit.random, visit.clock, visit.context, visit.input = before


def _far(number: int) -> timedelta:
    """Return how far a drawn time is away: each part of its text differs."""
    return timedelta(days=397 * (number + 1), hours=5, minutes=6, seconds=7.089)


def _near(number: int) -> timedelta:
    """Return how far a time is away that may be the recorded one."""
    return SLACK * (number % 5 - 2) / 2


def _drawn(
    visit: StateVisit,
    drawing: Drawing,
    times: int,
    away: Callable[[int], timedelta] = _far,
) -> Iterator[None]:
    """Let a visit draw other values, as often as you want; then put everything back."""
    state, now = visit.random.getstate(), visit.clock.now()
    with _put_back(visit):
        context = visit.context
        for number in range(times):
            opposite = number == 0
            visit.random = _Opposite(state) if opposite else Random(number)  # noqa: S311
            shift = away(number)
            visit.clock = VirtualClock(now + shift)
            visit.context = _other_context(context, number, shift, known=drawing.known)
            yield


def _other_context(
    context: Mapping[str, Any], number: int, shift: timedelta, *, known: bool
) -> dict[str, Any]:
    """Return a context object with another token and other times, and other ids if not *known*."""

    def moved(part: Mapping[str, Any], *names: str) -> dict[str, Any]:
        times = {name: parse_instant(part[name]) for name in names if name in part}
        return {**part, **{name: write_instant(at + shift) for name, at in times.items() if at}}

    found = {
        **context,
        "State": moved(context["State"], "EnteredTime"),
        "Execution": moved(context["Execution"], "StartTime", "RedriveTime"),
    }
    if "Task" in context:
        found["Task"] = {"Token": f"{number}{'xyz'[number % 3]}" * 64}
    if not known:
        other = f"other-{number}" * 3
        found["Execution"] |= {"Id": other, "Name": other[1:], "RoleArn": other[2:]}
        found["StateMachine"] = {"Id": other[3:], "Name": other[4:]}
    return found
