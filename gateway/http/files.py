"""Files of the bulletins under addresses that stay: one bulletin, a year of them as one table, and what describes them."""

from typing import Final

from litestar import Response

from engine.core import reasons
from gateway.http.bulletins import (
    KINDS,
    Issue,
    bulletin_set,
    bulletins_set,
    index_row,
    issues,
    published_bulletin,
    units_of,
)
from gateway.http.datafiles import Dataset, data_files
from gateway.http.replies import JSON, AnyRequest, Refused, bytes_reply, json_reply
from gateway.http.sources import Sources
from gateway.tables import FORMS, csv_bytes, data_package

_HOUR_S: Final = 3_600


async def file_reply(request: AnyRequest, sources: Sources, name: str) -> Response[bytes]:
    """The file of this name. Raises `Refused` where there is none."""
    title = sources.title
    if name == "index.json":
        return json_reply(request, {"bulletins": [index_row(issue) for issue in await issues(title)]})
    if name == "datapackage.json":
        return await _data_package(request, sources)
    stem, _, form = name.rpartition(".")
    if form not in FORMS:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "name", "ask for .json, .csv or .parquet")
    if stem.partition("-")[0] in KINDS:
        found = _year_sets(sources, await issues(title)).get(stem)
        if found is None:
            raise Refused(reasons.UNKNOWN_DOCUMENT, "name")
        return table_file(request, name, await data_files(request).body(found, form), form)
    return await bulletin_file(request, sources, stem, form)


def table_file(request: AnyRequest, name: str, body: bytes, form: str, max_age_s: int = 0) -> Response[bytes]:
    """A file to be kept under this name."""
    return bytes_reply(request, body, FORMS[form], max_age_s, {"content-disposition": f'attachment; filename="{name}"'})


async def bulletin_file(request: AnyRequest, sources: Sources, name: str, form: str) -> Response[bytes]:
    """One published bulletin as the bytes that were hashed, or as a table. A named version never changes."""
    issue, body = await published_bulletin(sources.title, name)
    max_age_s = (
        _HOUR_S if name != issue.period else 0
    )  # the period alone is its newest version, which may come any time
    if form == "json":
        return bytes_reply(request, body, JSON, max_age_s)
    found = bulletin_set(name, issue, body, units_of(sources.view))
    if form == "csv":  # with Chinese headings in a second line: this one is for people
        made = csv_bytes(found.table.columns, await found.rows())
    else:
        made = await data_files(request).body(found, form)
    return table_file(request, f"{found.table.name}.{form}", made, form, max_age_s)


async def signature(request: AnyRequest, sources: Sources, name: str) -> Response[bytes]:
    """The exchange's signature over a published bulletin's bytes, 64 bytes."""
    if sources.proofs is None:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "name", "this exchange signs nothing")
    _, body = await published_bulletin(sources.title, name)
    return bytes_reply(request, sources.proofs.sign(body), "application/octet-stream", 0)


def _year_sets(sources: Sources, found: list[Issue]) -> dict[str, Dataset]:
    """For each kind and year one table of the newest versions, oldest first; by its name."""
    named: dict[str, list[Issue]] = {}
    for issue in reversed(found):
        if issue.is_newest:
            named.setdefault(f"{issue.kind}-{issue.period[:4]}", []).append(issue)
    return {name: bulletins_set(sources, name, wanted[0].kind, wanted) for name, wanted in sorted(named.items())}


async def _data_package(request: AnyRequest, sources: Sources) -> Response[bytes]:
    """A description of the tables for programs (Frictionless Data Package): a table for each kind and year."""
    rules = sources.view.rulebook()
    files = data_files(request)
    resources = [
        await files.resource(found, form)
        for found in _year_sets(sources, await issues(sources.title)).values()
        for form in files.forms
    ]
    title = f"{rules.name_zh} 公报 {rules.name_en}: bulletins"
    return json_reply(
        request, data_package(f"bulletins-{rules.market}", title, sources.settings.data_licence, resources)
    )
