"""The parts of a Map that reads from S3, makes batches, and writes to S3. Plain dicts work too.

Source: "ItemReader", "ItemBatcher" and "ResultWriter" in AWS's developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from sfn_release.authoring.expressions import Dynamic, Inputs
from sfn_release.authoring.field_writer import StatePart
from sfn_release.authoring.jsonata_values import Jsonata
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven
from sfn_release.authoring.value_types import Arguments, Template, ValuePath

InputType: TypeAlias = Literal["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"]
Delimiter: TypeAlias = Literal["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"]
Count: TypeAlias = int | Dynamic | NotGiven
S3Text: TypeAlias = str | Dynamic
"""A bucket, key or prefix: text, or an expression for it."""

_GET = "arn:aws:states:::s3:getObject"
_LIST = "arn:aws:states:::s3:listObjectsV2"
_PUT = "arn:aws:states:::s3:putObject"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorConfig(StatePart):
    """How a Map runs its item processor: inside the execution, or in child executions."""

    mode: Literal["INLINE", "DISTRIBUTED"] | NotGiven = NOT_GIVEN
    execution_type: Literal["STANDARD", "EXPRESS"] | NotGiven = NOT_GIVEN

    @classmethod
    def distributed(
        cls, execution_type: Literal["STANDARD", "EXPRESS"] = "STANDARD"
    ) -> ProcessorConfig:
        """Return the configuration of a distributed Map: one child execution for each item."""
        return cls(mode="DISTRIBUTED", execution_type=execution_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderConfig(StatePart):
    """The format that an ItemReader reads, and how many items."""

    input_type: InputType | NotGiven = NOT_GIVEN
    transformation: Literal["NONE", "LOAD_AND_FLATTEN"] | NotGiven = NOT_GIVEN
    manifest_type: Literal["ATHENA_DATA", "S3_INVENTORY"] | NotGiven = NOT_GIVEN
    csv_header_location: Literal["FIRST_ROW", "GIVEN"] | NotGiven = field(
        default=NOT_GIVEN, metadata={"key": "CSVHeaderLocation"}
    )
    csv_headers: Sequence[str] | NotGiven = field(default=NOT_GIVEN, metadata={"key": "CSVHeaders"})
    csv_delimiter: Delimiter | NotGiven = field(default=NOT_GIVEN, metadata={"key": "CSVDelimiter"})
    items_pointer: str | NotGiven = NOT_GIVEN
    max_items: Count = NOT_GIVEN
    max_items_path: ValuePath = NOT_GIVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReader(StatePart):
    """The place from which a distributed Map reads its items.

    >>> ItemReader.csv("shop", "orders.csv", delimiter="TAB").to_asl()["ReaderConfig"]
    {'InputType': 'CSV', 'CSVHeaderLocation': 'FIRST_ROW', 'CSVDelimiter': 'TAB'}

    The class methods work in both query languages. *parameters* belong to JSONPath, *arguments* to
    JSONata.
    """

    resource: str | NotGiven = NOT_GIVEN
    parameters: Template = NOT_GIVEN
    arguments: Arguments = NOT_GIVEN
    reader_config: ReaderConfig | Template = NOT_GIVEN

    @classmethod
    def objects(
        cls,
        bucket: S3Text,
        prefix: S3Text | NotGiven = NOT_GIVEN,
        *,
        load: InputType | NotGiven = NOT_GIVEN,
        max_items: Count = NOT_GIVEN,
    ) -> ItemReader:
        """Read the list of objects in *bucket* below *prefix*.

        With *load* the items come from inside the objects, which all have that type.
        """
        flatten: Any = NOT_GIVEN if load is NOT_GIVEN else "LOAD_AND_FLATTEN"
        config = ReaderConfig(input_type=load, transformation=flatten, max_items=max_items)
        is_default = load is NOT_GIVEN and max_items is NOT_GIVEN
        return cls(
            resource=_LIST,
            parameters=_inputs(Bucket=bucket, Prefix=prefix),
            reader_config=NOT_GIVEN if is_default else config,
        )

    @classmethod
    def csv(
        cls,
        bucket: S3Text,
        key: S3Text,
        *,
        headers: Sequence[str] | NotGiven = NOT_GIVEN,
        delimiter: Delimiter | NotGiven = NOT_GIVEN,
        max_items: Count = NOT_GIVEN,
        version_id: S3Text | NotGiven = NOT_GIVEN,
    ) -> ItemReader:
        """Read the rows of a CSV file. Without *headers* they are in its first row."""
        return cls._object(
            bucket,
            key,
            version_id,
            ReaderConfig(
                input_type="CSV",
                csv_header_location="FIRST_ROW" if isinstance(headers, NotGiven) else "GIVEN",
                csv_headers=headers,
                csv_delimiter=delimiter,
                max_items=max_items,
            ),
        )

    @classmethod
    def json(
        cls,
        bucket: S3Text,
        key: S3Text,
        *,
        pointer: str | NotGiven = NOT_GIVEN,
        max_items: Count = NOT_GIVEN,
        version_id: S3Text | NotGiven = NOT_GIVEN,
    ) -> ItemReader:
        """Read a JSON array or object, or the one inside it at the JSON *pointer*."""
        config = ReaderConfig(input_type="JSON", items_pointer=pointer, max_items=max_items)
        return cls._object(bucket, key, version_id, config)

    @classmethod
    def jsonl(
        cls,
        bucket: S3Text,
        key: S3Text,
        *,
        max_items: Count = NOT_GIVEN,
        version_id: S3Text | NotGiven = NOT_GIVEN,
    ) -> ItemReader:
        """Read a JSON Lines file."""
        config = ReaderConfig(input_type="JSONL", max_items=max_items)
        return cls._object(bucket, key, version_id, config)

    @classmethod
    def parquet(
        cls,
        bucket: S3Text,
        key: S3Text,
        *,
        max_items: Count = NOT_GIVEN,
        version_id: S3Text | NotGiven = NOT_GIVEN,
    ) -> ItemReader:
        """Read the rows of a Parquet file."""
        config = ReaderConfig(input_type="PARQUET", max_items=max_items)
        return cls._object(bucket, key, version_id, config)

    @classmethod
    def inventory(cls, bucket: S3Text, key: S3Text, *, max_items: Count = NOT_GIVEN) -> ItemReader:
        """Read the objects of an S3 inventory. *key* is its ``manifest.json``."""
        config = ReaderConfig(input_type="MANIFEST", max_items=max_items)
        return cls._object(bucket, key, NOT_GIVEN, config)

    @classmethod
    def athena(
        cls,
        bucket: S3Text,
        key: S3Text,
        input_type: Literal["CSV", "JSONL", "PARQUET"],
        *,
        max_items: Count = NOT_GIVEN,
    ) -> ItemReader:
        """Read the rows of all files in the manifest of an Athena UNLOAD. *key* is the manifest.

        All files have the format *input_type*. CSV files of an UNLOAD have no header row. Athena
        names the manifest ``<query id>-manifest.csv``. Source: "ItemReader (Map)" in AWS's
        developer guide (``input-output-itemreader.html``), ``ManifestType`` and its example.
        """
        config = ReaderConfig(
            input_type=input_type, manifest_type="ATHENA_DATA", max_items=max_items
        )
        return cls._object(bucket, key, NOT_GIVEN, config)

    @classmethod
    def _object(
        cls, bucket: S3Text, key: S3Text, version_id: S3Text | NotGiven, config: ReaderConfig
    ) -> ItemReader:
        inputs = _inputs(Bucket=bucket, Key=key, VersionId=version_id)
        return cls(resource=_GET, parameters=inputs, reader_config=config)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBatcher(StatePart):
    """The size of the batches that child executions get, and their common input."""

    max_items_per_batch: Count = NOT_GIVEN
    max_items_per_batch_path: ValuePath = NOT_GIVEN
    max_input_bytes_per_batch: Count = NOT_GIVEN
    max_input_bytes_per_batch_path: ValuePath = NOT_GIVEN
    batch_input: Mapping[str, Any] | str | Jsonata | NotGiven = NOT_GIVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterConfig(StatePart):
    """The form in which the results of child executions are written."""

    transformation: Literal["NONE", "COMPACT", "FLATTEN"] | NotGiven = NOT_GIVEN
    output_type: Literal["JSON", "JSONL"] | NotGiven = NOT_GIVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultWriter(StatePart):
    """The place where a distributed Map writes its results.

    With *writer_config* alone, they stay in its output.
    """

    resource: str | NotGiven = NOT_GIVEN
    parameters: Template = NOT_GIVEN
    arguments: Arguments = NOT_GIVEN
    writer_config: WriterConfig | Template = NOT_GIVEN

    @classmethod
    def s3(
        cls,
        bucket: S3Text,
        prefix: S3Text | NotGiven = NOT_GIVEN,
        *,
        writer_config: WriterConfig | Template = NOT_GIVEN,
    ) -> ResultWriter:
        """Write to *bucket*, below *prefix*. This works in both query languages."""
        inputs = _inputs(Bucket=bucket, Prefix=prefix)
        return cls(resource=_PUT, parameters=inputs, writer_config=writer_config)


def _inputs(**members: S3Text | NotGiven) -> Inputs:
    return Inputs({key: value for key, value in members.items() if value is not NOT_GIVEN})
