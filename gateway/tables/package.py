"""A table in each of its forms, and the Frictionless data package that describes a folder of such files to programs."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import orjson

from gateway.tables.columns import Column, Row, csv_bytes, schema
from gateway.tables.parquet import is_possible, parquet_bytes

CSV: Final = "text/csv"
FORMS: Final = {"csv": CSV, "json": "application/json", "parquet": "application/vnd.apache.parquet"}


class Table(NamedTuple):
    """Rows under columns. name: of its files, without the form; key: the columns that name a row."""

    name: str
    title: str
    columns: Sequence[Column]
    key: tuple[str, ...]
    rows: Sequence[Row]


class DataFile(NamedTuple):
    """What a data package says of a file: its size and SHA-256 (hex)."""

    size: int
    sha256: str


def described(body: bytes) -> DataFile:
    """Size and hash of a file of these bytes."""
    return DataFile(len(body), hashlib.sha256(body).hexdigest())


def table_bytes(table: Table, form: str) -> bytes:
    """The table in one of `FORMS`. CSV and JSON have money in yuan, Parquet in fen. Raises `ParquetMissing`."""
    if form == "csv":
        return csv_bytes(table.columns, table.rows, headings=False)
    if form == "json":
        named = [{column.name: column.value(row) for column in table.columns} for row in table.rows]
        return orjson.dumps(named)
    return parquet_bytes(table.title, table.columns, table.rows)


def forms_made() -> list[str]:
    """The forms that this installation can make."""
    return [form for form in FORMS if form != "parquet" or is_possible()]


def resource(table: Table, form: str, file: DataFile) -> dict[str, Any]:
    """What a data package says of one file of a table."""
    is_typed = form == "parquet"
    return {
        "profile": "data-resource" if is_typed else "tabular-data-resource",
        "name": f"{table.name}-{form}".lower(),
        "title": table.title,
        "path": f"{table.name}.{form}",
        "format": form,
        "mediatype": FORMS[form],
        **({} if is_typed else {"encoding": "utf-8"}),
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
        "schema": schema(table.columns, table.key, is_typed=is_typed),
    }


def data_package(name: str, title: str, licence: str, resources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A `datapackage.json`. licence: an SPDX or Open Definition id; "": nothing is said of it."""
    return {
        "profile": "data-package",
        "name": name,
        "title": title,
        **({"licenses": [{"name": licence}]} if licence else {}),
        "resources": list(resources),
    }
