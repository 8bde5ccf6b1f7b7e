"""Checks a TOML document against a schema; errors name the line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, NoReturn

from sfn_release.errors import ConfigError
from sfn_release.project import toml_text, value_rules
from sfn_release.project.table_rule import TableRule
from sfn_release.project.toml_lines import Key, key_lines
from sfn_release.project.value_rule import TableTest, ValueRule
from sfn_release.text import did_you_mean

MINIMUM = 'It needs at least:\n    [project]\n    name = "shop"'

_BITS = 63  # of a whole number, beside its sign

_KINDS: Mapping[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "an array",
    dict: "a table",
    datetime: "a date",
    date: "a date",
    time: "a time",
}


@dataclass(frozen=True)
class Expected:
    """The schema of a value.

    *type* and *rule* check the value; *example* is a line of TOML that shows it. A table has known
    *keys*; *others* is the schema of further keys (None: unknown keys are errors), and *key_rule*
    checks their names; *aliases* maps other names of keys, which people write by mistake, to the
    keys; its reader fails without the keys that it *needs*; *rules* check several keys together.
    *items* is the schema of an array's items. A simple value that can also be a table has the
    schema *table*, for the tables that *table_when* accepts. The type ``object`` accepts any value,
    and its rule checks every leaf.
    """

    type: type
    rule: ValueRule = value_rules.anything
    example: str = ""
    keys: Mapping[str, Expected] = field(default_factory=dict)
    others: Expected | None = None
    key_rule: ValueRule = value_rules.anything
    aliases: Mapping[str, str] = field(default_factory=dict)
    items: Expected | None = None
    table: Expected | None = None
    table_when: TableTest = value_rules.always
    needs: tuple[str, ...] = ()
    rules: tuple[TableRule, ...] = ()


def table_name(key: Key, document: str = "releases.toml") -> str:
    """Return the name of the table *key* for messages; the *document*'s for its top."""
    names = _names(key)
    return f"[{'.'.join(names)}]" if names else document


def _names(key: Key) -> tuple[str, ...]:
    """Return the names in *key*: an item of an array has the name of the array."""
    return tuple(part for part in key if isinstance(part, str))


def _kind_of(value: Any) -> str:
    return _KINDS[type(value)]


class TomlDocument:
    """A TOML document whose errors name the line. *minimum* is the advice for an empty one."""

    def __init__(self, name: str, text: str, minimum: str = MINIMUM) -> None:
        self.name = name
        self.text = text
        self._minimum = minimum

    def load(self) -> dict[str, Any]:
        """Return the document's tables; raises ConfigError for invalid TOML."""
        import tomli

        try:
            data = tomli.loads(self.text)
        except tomli.TOMLDecodeError as error:
            found = re.fullmatch(
                r"(.*) \(at (?:line (\d+), column (\d+)|.*)\)", str(error), re.DOTALL
            )
            words = found[1] if found else str(error)
            line, column = (found[2], found[3]) if found and found[2] else (None, None)
            line = line or str(self.text.rstrip().count("\n") + 1)
            place = f" (column {column})" if column else " (at the end of the file)"
            raise ConfigError(
                f"{self.name}:{line}: not valid TOML: {words}{place}",
                fix="Correct the line. See https://toml.io for the syntax.",
            ) from error
        except ValueError as error:  # Python doesn't read thousands of digits
            found = re.search(r"[0-9_]{4000,}", self.text)
            line = self.text.count("\n", 0, found.start()) + 1 if found else 1
            raise ConfigError(
                f"{self.name}:{line}: a number is too long.",
                why=f"{str(error).partition(';')[0]}.",
                fix="Write it as a string.",
            ) from error
        except RecursionError as error:
            raise ConfigError(f"{self.name}: not usable: nested too deeply.") from error
        if not data:
            raise ConfigError(f"{self.name} is empty.", fix=self._minimum)
        self._refuse_huge(data, ())
        return data

    def _refuse_huge(self, value: Any, at: Key) -> None:
        """Fail for a whole number beyond 64 bits, the range that TOML guarantees."""
        if isinstance(value, int) and value.bit_length() > _BITS:
            self.fail(
                at,
                f"{_names(at)[-1]!r} is a number of {value.bit_length()} bits",
                why=f"Whole numbers in TOML have {_BITS + 1} bits at most.",
                fix="Write it as a string.",
            )
        if isinstance(value, dict):
            for key, item in value.items():
                self._refuse_huge(item, (*at, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._refuse_huge(item, (*at, index))

    def fail(self, key: Key, message: str, *, why: str = "", fix: str = "") -> NoReturn:
        """Raise a ConfigError at the line of *key*, or of the nearest table that contains it."""
        raise ConfigError(f"{self.place(key)}: {message}", why=why, fix=fix)

    def place(self, key: Key) -> str:
        """Return the file, and the line of *key* or of the nearest table that contains it."""
        line = self.line(key)
        return self.name if line is None else f"{self.name}:{line}"

    def line(self, key: Key) -> int | None:
        """Return the line of *key*, or of the nearest table that contains it."""
        lines = self._lines
        while key and key not in lines:
            key = key[:-1]
        return lines[key] if key else None

    @cached_property
    def _lines(self) -> Mapping[Key, int]:
        return key_lines(self.text)

    def require(self, key: Key, value: Any, rule: ValueRule, example: str = "") -> None:
        """Fail unless *value* obeys *rule*."""
        problem = rule(value)
        if problem:
            *table, name = _names(key)
            self.fail(
                key,
                f"{name} = {toml_text.toml(value)} in {self._table(tuple(table))} can't be used",
                why=problem,
                fix=f"For example:  {example}" if example else "",
            )

    def _table(self, at: Key) -> str:
        return table_name(at, self.name)

    def check(self, value: Any, at: Key, expected: Expected) -> None:
        """Fail unless *value*, at the key *at*, and every value in it is as *expected*."""
        if expected.table is not None and isinstance(value, dict) and expected.table_when(value):
            expected = expected.table
        if expected.type is object:
            self.require(at, value, expected.rule, expected.example)
            return
        # bool is an int in Python and not in TOML.
        if not isinstance(value, expected.type) or (
            isinstance(value, bool) and expected.type is not bool
        ):
            *table, name = _names(at)
            self.fail(
                at,
                f"{name!r} in {self._table(tuple(table))} is {_kind_of(value)}, but must be"
                f" {_KINDS[expected.type]}{' or a table' if expected.table else ''}",
                fix=f"For example:  {expected.example}" if expected.example else "",
            )
        if isinstance(value, str | int) and not isinstance(value, bool):
            self.require(at, value, expected.rule, expected.example)
        elif isinstance(value, list) and expected.items:
            for index, item in enumerate(value):
                self.check(item, (*at, index), expected.items)
        elif isinstance(value, dict):
            for key, item in value.items():
                self.check(item, (*at, key), self.known(key, at, expected))
            self.require(at, value, expected.rule, expected.example)
            self.obey(at, value, expected.rules)

    def obey(self, at: Key, table: Mapping[str, Any], rules: Iterable[TableRule]) -> None:
        """Fail unless the *table* at a key obeys *rules*; its values are checked already."""
        for fault in filter(None, (rule(table, self._table(at)) for rule in rules)):
            self.fail((*at, *fault.key), fault.message, why=fault.why, fix=fault.fix)

    def known(self, key: str, at: Key, expected: Expected) -> Expected:
        """Return the schema of *key* in the table *at*; fail for an unknown key."""
        if key in expected.keys:
            return expected.keys[key]
        if expected.others is None:
            self.fail(
                (*at, key),
                f"unknown key {key!r} in {self._table(at)}",
                fix=did_you_mean(expected.aliases.get(key, key), expected.keys)
                or f"Known keys: {', '.join(sorted(expected.keys))}.",
            )
        problem = expected.key_rule(key)
        if problem:
            self.fail(
                (*at, key), f"the key {key!r} in {self._table(at)} can't be used", why=problem
            )
        return expected.others
