"""A table as Apache Parquet: every column with its type, money as whole fen, days as dates, times in UTC.

It needs pyarrow, which is large and which nothing else here needs: the extra `parquet` of the distribution.
"""

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from gateway.tables.columns import Column, Row, typed_name

INSTALL: Final = "pip install 'yutan[parquet]'"


class ParquetMissing(RuntimeError):
    """This installation cannot make Parquet files; `INSTALL` says what would mend it."""


def is_possible() -> bool:
    """Whether this installation can make them."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return False
    return True


def parquet_bytes(title: str, columns: Sequence[Column], rows: Sequence[Row]) -> bytes:
    """The rows as one Parquet file. Raises `ParquetMissing`."""
    try:
        # Here, and not above: it takes 50 MB, and most processes never make such a file.
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ParquetMissing(INSTALL) from error
    types = {
        "string": pa.string(), "integer": pa.int64(), "number": pa.decimal128(18, 2), "yuan": pa.int64(),
        "date": pa.date32(), "datetime": pa.timestamp("us", "UTC"),
    }  # fmt: skip
    fields = [
        pa.field(typed_name(column), types[column.kind], metadata={"title": column.zh.encode()}) for column in columns
    ]
    arrays = [
        pa.array([_typed(column, column.value(row)) for row in rows], field.type)
        for column, field in zip(columns, fields, strict=True)
    ]
    out = io.BytesIO()
    schema = pa.schema(fields, metadata={"title": title.encode()})
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), out, compression="zstd")
    return out.getvalue()


def _typed(column: Column, value: Any) -> Any:
    return None if value is None else _READ[column.kind](value)


def _fen(text: str) -> int:
    fen = Decimal(text) * 100
    if fen != int(fen):
        raise ValueError(f"{text!r} is not whole fen")
    return int(fen)


_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "string": str,
    "integer": int,
    "number": Decimal,
    "yuan": _fen,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}
