"""Draws texts that fit the ``pattern``, ``format`` and lengths of a JSON Schema, for hypothesis."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sfn_release.asl.linear_patterns import occurs

Part = Mapping[str, Any]

_LONGEST: Final = 2**16
_HOST: Final = r"^[a-z]{1,10}\.(com|net|org)$"
_EMAIL: Final = r"^[a-z][a-z0-9.+]{0,9}@[a-z]{1,10}\.(com|net|org)$"
_NAME: Final = "^[A-Za-z_][A-Za-z0-9_]{0,9}$"


class SchemaTexts:
    """Makes strategies for texts; *strategies* is the module ``hypothesis.strategies``."""

    def __init__(self, strategies: Any) -> None:
        self._st = strategies
        self._matching = cache(self._new_matching)  # reading a pattern takes long

    def texts(self, parts: Sequence[Part]) -> Any:
        """Return a strategy for the texts that all *parts* accept."""
        least = int(max([0, *(part.get("minLength", 0) for part in parts)]))
        lengths = [int(part["maxLength"]) for part in parts if "maxLength" in part]
        most = min(lengths, default=None)
        if most is not None and least > most:
            return self._st.nothing()
        patterns = [part["pattern"] for part in parts if "pattern" in part]
        if patterns:
            strategy = self._matching(patterns[0])
        else:
            known = [self._of_format(part["format"]) for part in parts if "format" in part]
            strategy = next((found for found in known if found is not None), None)
        if strategy is None:
            return self._st.text(min_size=least, max_size=most)
        limit = _LONGEST if most is None else most
        return strategy.filter(
            lambda text: (
                least <= len(text) <= limit and all(occurs(pattern, text) for pattern in patterns)
            )
        )

    def names(self, patterns: Sequence[str], parts: Sequence[Part], *, free: bool) -> Any:
        """Return a strategy for members' names: like one of *patterns*, or any if *free*.

        *parts* are the schemas of names.
        """
        strategies = [self._matching(pattern) for pattern in patterns]
        if free or not strategies:
            strategies.append(self.texts(parts) if parts else self._matching(_NAME))
        return self._st.one_of(strategies)

    def _new_matching(self, pattern: str) -> Any:
        r"""Return a strategy for texts that have a match of a pattern.

        Classes such as ``\d`` stand for ASCII, and ``$`` for the very end, as in the patterns of
        JSON Schema.
        """
        strategy = self._st.from_regex(re.compile(pattern, re.ASCII))
        if not pattern.endswith("$"):
            return strategy
        return strategy.map(lambda text: text.removesuffix("\n"))

    def _of_format(self, name: str) -> Any:
        """Return a strategy for a format's texts; None for an unknown format."""
        st = self._st
        made = {
            "date": lambda: st.dates().map(lambda day: day.isoformat()),
            "date-time": lambda: st.datetimes().map(lambda time: f"{time.isoformat()}Z"),
            "time": lambda: st.times().map(lambda time: f"{time.isoformat()}Z"),
            "email": lambda: self._matching(_EMAIL),
            "hostname": lambda: self._matching(_HOST),
            "ipv4": lambda: st.ip_addresses(v=4).map(str),
            "ipv6": lambda: st.ip_addresses(v=6).map(str),
            "uuid": lambda: st.uuids().map(str),
            "uri": lambda: self._matching(_HOST).map(lambda host: f"https://{host}/"),
            "regex": lambda: st.sampled_from(["", "a", "^[0-9]+$"]),
        }.get(name)
        return None if made is None else made()
