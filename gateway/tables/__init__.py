"""Tables as files: columns that are declared once, and the forms that a table of them takes."""

from gateway.tables.columns import Column, Row, csv_bytes, texts
from gateway.tables.package import (
    CSV,
    FORMS,
    DataFile,
    Table,
    data_package,
    described,
    forms_made,
    resource,
    table_bytes,
)
from gateway.tables.parquet import ParquetMissing

__all__ = [
    "CSV",
    "FORMS",
    "Column",
    "DataFile",
    "ParquetMissing",
    "Row",
    "Table",
    "csv_bytes",
    "data_package",
    "described",
    "forms_made",
    "resource",
    "table_bytes",
    "texts",
]
