"""Write the parts of a Map as Python, with a helper such as `ItemReader.json` where it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

from sfn_release.asl.field_types import JSONATA
from sfn_release.authoring.distributed_map import (
    ItemBatcher,
    ItemReader,
    ProcessorConfig,
    ReaderConfig,
    ResultWriter,
    WriterConfig,
)
from sfn_release.authoring.field_writer import StatePart
from sfn_release.authoring.importing.python_syntax import (
    PyCall,
    PyExpression,
    PyKeywords,
    PyMembers,
)
from sfn_release.authoring.importing.value_expressions import dynamic, literal, number, template
from sfn_release.authoring.importing.vocabulary import evaluate
from sfn_release.authoring.json_values import asl_key
from sfn_release.canonical import first_difference
from sfn_release.errors import DefinitionError

PARTS: Final[Mapping[str, type[StatePart]]] = {
    "item_reader": ItemReader,
    "item_batcher": ItemBatcher,
    "result_writer": ResultWriter,
    "processor_config": ProcessorConfig,
    "reader_config": ReaderConfig,
    "writer_config": WriterConfig,
}
_READERS: Final = {"CSV": "csv", "JSON": "json", "JSONL": "jsonl", "PARQUET": "parquet"}


def part(kind: type[StatePart], value: Mapping[str, Any], language: str) -> PyExpression:
    """Return a typed part of a Map. Fields that the type doesn't have go to *extra*."""
    for helper in _helpers(kind, value, language):
        if _says(helper, value, language):
            return helper
    known = {field.metadata.get("key") or asl_key(field.name): field.name for field in fields(kind)}
    keywords: PyKeywords = []
    extra: dict[str, Any] = {}
    for key, item in value.items():
        name = known.get(key)
        if name is None or name == "extra":
            extra[key] = item
        elif name in PARTS and isinstance(item, Mapping):
            keywords.append((name, part(PARTS[name], item, language)))
        elif name in ("parameters", "batch_input") or language == JSONATA:
            keywords.append((name, template(item, language)))
        else:
            keywords.append((name, number(item) if name.startswith("max_") else literal(item)))
    if extra:
        keywords.append(("extra", literal(extra)))
    return PyCall(f"sfn.{kind.__name__}", (), tuple(keywords))


def _says(helper: PyCall, value: Mapping[str, Any], language: str) -> bool:
    """Whether a helper makes a part that is written as *value*."""
    try:
        made = evaluate(helper, {}).to_asl(language)
    except (DefinitionError, TypeError, ValueError, AttributeError):  # as for whole states
        return False
    return first_difference(made, value) is None


def _helpers(kind: type[StatePart], value: Mapping[str, Any], language: str) -> Iterator[PyCall]:
    """Yield the helpers that may fit. Not every one of them makes the whole *value*."""
    if kind is ProcessorConfig and value.get("Mode") == "DISTRIBUTED":
        type = value.get("ExecutionType")
        given = () if type == "STANDARD" else (literal(type),)
        yield PyCall("sfn.ProcessorConfig.distributed", given)
    sent = template(value.get("Arguments" if language == JSONATA else "Parameters"), language)
    inputs = dict(sent.members) if isinstance(sent, PyMembers) else {}
    if "Bucket" not in inputs:
        return
    if kind is ItemReader:
        config = value.get("ReaderConfig", {})
        yield from _readers(inputs, config if isinstance(config, Mapping) else {}, language)
    if kind is ResultWriter:
        config = value.get("WriterConfig")
        keywords: PyKeywords = []
        if isinstance(config, Mapping):
            keywords.append(("writer_config", part(WriterConfig, config, language)))
        places = [inputs[key] for key in ("Bucket", "Prefix") if key in inputs]
        yield PyCall("sfn.ResultWriter.s3", tuple(places), tuple(keywords))


def _readers(
    inputs: Mapping[str, PyExpression], config: Mapping[str, Any], language: str
) -> Iterator[PyCall]:
    type, bucket = config.get("InputType"), inputs["Bucket"]
    limit: PyKeywords = []
    if "MaxItems" in config:
        most = config["MaxItems"]
        limit.append(
            ("max_items", template(most, language) if language == JSONATA else number(most))
        )
    elif found := dynamic(config.get("MaxItemsPath")):
        limit.append(("max_items", found))
    if "Key" not in inputs:
        load: PyKeywords = [("load", literal(type))] if type else []
        places = [inputs[key] for key in ("Bucket", "Prefix") if key in inputs]
        yield PyCall("sfn.ItemReader.objects", tuple(places), (*load, *limit))
        return
    place = (bucket, inputs["Key"])
    if config.get("ManifestType") == "ATHENA_DATA":
        yield PyCall("sfn.ItemReader.athena", (*place, literal(type)), tuple(limit))
    if type == "MANIFEST":
        yield PyCall("sfn.ItemReader.inventory", place, tuple(limit))
    if type in _READERS:
        names = {"ItemsPointer": "pointer", "CSVHeaders": "headers", "CSVDelimiter": "delimiter"}
        more = [(name, literal(config[key])) for key, name in names.items() if key in config]
        version = [("version_id", inputs["VersionId"])] if "VersionId" in inputs else []
        yield PyCall(f"sfn.ItemReader.{_READERS[type]}", place, (*more, *limit, *version))
