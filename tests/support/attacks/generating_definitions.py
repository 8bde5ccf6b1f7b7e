"""State machines from a seed, with the fields that the language's tables have for each state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sfn_release.asl.fields import FIELDS, ONLY_JSONATA, ONLY_JSONPATH, RETRIER
from support.attacks.generating import (
    DEEPEST,
    ERRORS,
    NAMES,
    NUMBERS,
    OPERATORS,
    PATHS,
    READERS,
    RESOURCES,
    ROLE,
    TEXTS,
    Generator,
)

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "Task": ("Resource",),
    "Choice": ("Choices", "Default"),
    "Parallel": ("Branches",),
    "Map": ("ItemProcessor",),
}
_NEVER: Final = ("Type", "QueryLanguage", "Next", "End", "Iterator", "Timestamp")
_NESTING: Final = ("Map", "Parallel")
_PARAMETERS: Final = ("Parameters", "Arguments", "ResultSelector", "ItemSelector")
_AMOUNTS: Final = ("Seconds", "Concurrency", "Count", "Percentage")
_DEEPEST_RULE = 2


class DefinitionGenerator(Generator):
    """Draws definitions; *jsonata* says which language the one that is drawn now has."""

    jsonata = False

    def definition(self) -> dict[str, Any]:
        """Return a state machine."""
        self.jsonata = self.chance(0.4)
        machine = self._machine(0)
        if self.jsonata:
            machine["QueryLanguage"] = "JSONata"
        if self.chance(0.2):
            machine["TimeoutSeconds"] = self.amount()
        return machine

    def alone(self) -> dict[str, Any]:
        """Return a state that stands alone."""
        self.jsonata = self.chance(0.4)
        state = self._state(["A"], 0, 1)
        return {**state, "QueryLanguage": "JSONata"} if self.jsonata else state

    def _machine(self, depth: int) -> dict[str, Any]:
        names = [
            f"{self.pick(NAMES)} {depth}{number}{len(self.up_to(9**5))}"
            for number in self.up_to(2 if depth else 4, 1)
        ]
        states = {
            name: self.mostly(self._state(names, number, depth))
            for number, name in enumerate(names)
        }
        return {"StartAt": self.mostly(names[0]), "States": self.mostly(states)}

    def _state(self, names: list[str], number: int, depth: int) -> dict[str, Any]:
        later = names[number + 1 :]
        types = [type_ for type_ in (*FIELDS, "Task", "Pass", "Task") if type_ != "Choice" or later]
        if later:
            types = [type_ for type_ in types if type_ not in ("Succeed", "Fail")]
        if depth >= DEEPEST:
            types = [type_ for type_ in types if type_ not in _NESTING]
        type_ = self.pick(types)
        state: dict[str, Any] = {"Type": type_}
        other = ONLY_JSONPATH if self.jsonata else ONLY_JSONATA
        for field in FIELDS[type_]:
            wanted = field in _NEEDED.get(type_, ()) or self.chance(0.2)
            foreign = field in _NEVER or field in other or field.removesuffix("Path") in state
            if wanted and not (foreign and not self.chance(self.wild)):
                state[field] = self._field(field, names, depth)
        if type_ == "Wait" and not {"Seconds", "SecondsPath", "TimestampPath"} & state.keys():
            state["Seconds"] = self.amount()
        if type_ == "Choice":
            state["Default"] = later[0]
        elif type_ not in ("Succeed", "Fail"):
            state |= {"Next": later[0]} if later else {"End": True}
        return state

    def _field(self, field: str, names: list[str], depth: int) -> Any:
        special: Mapping[str, Callable[[], Any]] = {
            "Default": lambda: self.pick(names),
            "Resource": lambda: self.pick(RESOURCES),
            "Branches": lambda: [self._machine(depth + 1) for _ in self.up_to(2, 1)],
            "ItemProcessor": lambda: self._processor(depth),
            "Choices": lambda: [self._rule(names) for _ in self.up_to(3, 1)],
            "Retry": lambda: [self._retrier() for _ in self.up_to(2)],
            "Catch": lambda: [self._catcher(names) for _ in self.up_to(2)],
            "ItemReader": self._reader,
            "ResultWriter": self._writer,
            "ItemBatcher": self._batcher,
            "Assign": self._assign,
            "Credentials": lambda: {"RoleArn": ROLE},
            "Label": lambda: "label",
            "Comment": lambda: "text",
            "Error": lambda: self.pick(ERRORS),
            "Cause": lambda: self.pick(TEXTS),
        }
        if self.chance(self.wild):
            value = self.any()
        elif field in special:
            value = special[field]()
        elif field.endswith("Path"):
            value = self.pick((*PATHS[:10], "$.n" if "Second" in field else "$"))
        elif field.endswith(_AMOUNTS):
            value = self.amount()
        elif field in _PARAMETERS:
            value = self.template(jsonata=self.jsonata)
        else:
            value = self.value(jsonata=self.jsonata)
        return value

    def _processor(self, depth: int) -> dict[str, Any]:
        machine = self._machine(depth + 1)
        if self.chance(0.5):
            mode = self.pick(("INLINE", "DISTRIBUTED", "DISTRIBUTED"))
            machine["ProcessorConfig"] = {"Mode": mode, "ExecutionType": "STANDARD"}
        return machine

    def _catcher(self, names: list[str]) -> dict[str, Any]:
        return {"ErrorEquals": self._errors(), "Next": self.pick(names)}

    def _assign(self) -> dict[str, Any]:
        return {"x": self.value(jsonata=True)} if self.jsonata else {"x.$": self.pick(PATHS)}

    def _arguments(self) -> str:
        return "Arguments" if self.jsonata else "Parameters"

    def _reader(self) -> dict[str, Any]:
        config: dict[str, Any] = {"InputType": self.pick(READERS)}
        if self.chance(0.3):
            location = self.pick(("FIRST_ROW", "GIVEN"))
            config |= {"CSVHeaderLocation": location, "CSVHeaders": ["a", "b"]}
        if self.chance(0.3):
            config["MaxItems"] = self.amount()
        if self.chance(0.2):
            config["ItemsPointer"] = self.pick(("/a", "/items/0", "x", ""))
        action = self.pick(("getObject", "listObjectsV2"))
        return {
            "Resource": f"arn:aws:states:::s3:{action}",
            "ReaderConfig": config,
            self._arguments(): {"Bucket": "b", "Key": "k"},
        }

    def _writer(self) -> dict[str, Any]:
        return {
            "Resource": "arn:aws:states:::s3:putObject",
            self._arguments(): {"Bucket": "b", "Prefix": "p"},
            "WriterConfig": {
                "Transformation": self.pick(("NONE", "COMPACT", "FLATTEN")),
                "OutputType": self.pick(("JSON", "JSONL")),
            },
        }

    def _batcher(self) -> dict[str, Any]:
        batcher = {"MaxItemsPerBatch": self.amount()}
        if self.chance(0.3):
            batcher["MaxInputBytesPerBatch"] = self.amount()
        if self.chance(0.3):
            batcher["BatchInput"] = self.template(jsonata=self.jsonata)
        return batcher

    def _rule(self, names: list[str]) -> dict[str, Any]:
        if self.jsonata:
            return {"Condition": self.value(jsonata=True), "Next": self.pick(names)}
        return {**self._comparison(0), "Next": self.pick(names)}

    def _comparison(self, depth: int) -> dict[str, Any]:
        if depth < _DEEPEST_RULE and self.chance(0.3):
            inner = [self._comparison(depth + 1) for _ in self.up_to(2, 1)]
            return dict(self.pick(({"And": inner}, {"Or": inner}, {"Not": inner[0]})))
        name = self.pick(OPERATORS)
        kinds = {"String": TEXTS, "Numeric": NUMBERS, "Timestamp": ("2030-01-01T00:00:00Z",)}
        values = next((of for kind, of in kinds.items() if name.startswith(kind)), (True, False))
        value = self.pick(PATHS[:10] if name.endswith("Path") else values)
        return {"Variable": self.pick(PATHS[:10]), name: self.mostly(value)}

    def _retrier(self) -> dict[str, Any]:
        values: Mapping[str, Callable[[], Any]] = {
            "ErrorEquals": self._errors,
            "BackoffRate": lambda: self.pick((1, 1.5, 2, 1e300)),
            "JitterStrategy": lambda: self.pick(("FULL", "NONE")),
        }
        return {
            field: self.mostly(values.get(field, self.amount)())
            for field in RETRIER
            if field == "ErrorEquals" or self.chance(0.4)
        }

    def _errors(self) -> list[Any]:
        return [self.pick(ERRORS) for _ in self.up_to(2, 1)]
