"""Files of tables, made when they are first asked for and kept while there is room.

A set of rows has an edition, which changes when its rows do: a file is made once for each edition and form. Files are made in
a thread, one after the other, so that who asks for many at once costs the market no more than one.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from engine.core import reasons
from gateway.http.replies import AnyRequest, Refused
from gateway.tables import DataFile, ParquetMissing, Row, Table, described, forms_made, resource, table_bytes

KEPT_BYTES_MAX: Final = 64 * 2**20
DESCRIBED_MAX: Final = 10_000  # hashes of files, about 200 bytes each
WAITING_MAX: Final = 32  # askers for files that are yet to be made; further ones are told to come later


class Dataset(NamedTuple):
    """A table that is yet to be filled. edition: what its rows hang on, as text; rows: reads them."""

    table: Table
    edition: str
    rows: Callable[[], Awaitable[list[Row]]]


class DataFiles:
    """Makes files of tables and keeps the newest ones asked for, up to `KEPT_BYTES_MAX`."""

    def __init__(self) -> None:
        self.forms = forms_made()
        self._kept: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()
        self._kept_bytes = 0
        self._described: OrderedDict[tuple[str, str, str], DataFile] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    async def body(self, found: Dataset, form: str) -> bytes:
        """The file in this form. Raises `Refused`: FORM_NOT_INSTALLED, or OVERLOADED where too many wait."""
        key = (found.table.name, found.edition, form)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if self._waiting >= WAITING_MAX:
            raise Refused(reasons.OVERLOADED)
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                return self._kept.get(key) or self._keep(key, await _make(found, form))
        finally:
            self._waiting -= 1

    async def resource(self, found: Dataset, form: str) -> dict[str, Any]:
        """What a data package says of the file in this form; made, if it never was. Raises as `body` does."""
        key = (found.table.name, found.edition, form)
        if key not in self._described:
            await self.body(found, form)
        return resource(found.table, form, self._described[key])

    def _keep(self, key: tuple[str, str, str], body: bytes) -> bytes:
        self._described[key] = described(body)
        if len(self._described) > DESCRIBED_MAX:
            self._described.popitem(last=False)
        self._kept[key] = body
        self._kept_bytes += len(body)
        while self._kept_bytes > KEPT_BYTES_MAX:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped)
        return body


def data_files(request: AnyRequest) -> DataFiles:
    """The files of the application that the request came to."""
    files = request.app.state.files
    assert isinstance(files, DataFiles)
    return files


async def _make(found: Dataset, form: str) -> bytes:
    table = found.table._replace(rows=await found.rows())
    try:
        return await asyncio.to_thread(table_bytes, table, form)
    except ParquetMissing as error:
        raise Refused(reasons.FORM_NOT_INSTALLED, "name", str(error)) from error
