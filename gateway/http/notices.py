"""Notices to the public over HTTP: the list, one notice, and both as pages."""

import re
from typing import Annotated, Final

import msgspec
from litestar import Response, get
from litestar.response import Template
from msgspec import Meta

from engine.core import reasons
from engine.public_notices import CATEGORIES_ZH, PublicNotice
from gateway.feed.notices import notice_view
from gateway.http import queries
from gateway.http.pages import page
from gateway.http.replies import AnyRequest, Refused, json_reply
from gateway.http.sources import Sources, sources_of

NOTICE_ROWS_MAX: Final = 200
_PAGE_ROWS: Final = 50
_NEWEST: Final = "G-999999999999999999-1"
_ID: Final = re.compile(r"G-([1-9][0-9]{0,17})-([1-9][0-9]{0,5})", re.ASCII)
_Before = Annotated[str, Meta(pattern=r"^G-[1-9][0-9]{0,17}-[1-9][0-9]{0,5}$")]


class NoticesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Notices of a category or an instrument, of acts before that of the notice `before`."""

    category: Annotated[str, Meta(pattern="^[a-z_]{1,32}$")] = ""
    instrument: queries.Code = ""
    before: _Before = _NEWEST
    limit: Annotated[int, Meta(ge=1, le=NOTICE_ROWS_MAX)] = _PAGE_ROWS


@get("/notices")
async def notices(request: AnyRequest) -> Response[bytes]:
    """Notices, newest first; `next` is the `before` of the following page."""
    sources = sources_of(request)
    query = queries.read(request, NoticesQuery)
    found, following = await _page_of(sources, query)
    return json_reply(request, {"notices": [notice_view(notice) for notice in found], "next": following})


@get("/notices/{notice:str}")
async def notice(request: AnyRequest) -> Response[bytes]:
    """One notice."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return json_reply(request, notice_view(await _found(request, sources)))


@get("/notices")
async def notices_page(request: AnyRequest) -> Template:
    """Notices as a page, newest first."""
    sources = sources_of(request)
    query = queries.read(request, NoticesQuery)
    found, following = await _page_of(sources, query)
    rows = [notice_view(each) for each in found]
    return page(
        request, sources, "notices.html", rows=rows, next=following, category=query.category, categories=CATEGORIES_ZH
    )


@get("/notices/{notice:str}")
async def notice_page(request: AnyRequest) -> Template:
    """One notice as a page."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return page(request, sources, "notice.html", notice=notice_view(await _found(request, sources)))


async def _page_of(sources: Sources, query: NoticesQuery) -> tuple[list[PublicNotice], str | None]:
    """A page of notices: whole entries, so that the next page goes on with the entry before."""
    if query.category and query.category not in CATEGORIES_ZH:
        raise Refused(reasons.INVALID_FIELD, "category", ", ".join(CATEGORIES_ZH))
    before = _ID.fullmatch(query.before)
    assert before is not None, "the query's form says so"
    found = await sources.title.notices(int(before[1]), query.category, query.instrument, query.limit)
    return found, found[-1].notice_id if len(found) == query.limit else None


async def _found(request: AnyRequest, sources: Sources) -> PublicNotice:
    named = _ID.fullmatch(request.path_params["notice"])
    found = await sources.title.notice(int(named[1]), int(named[2])) if named else None
    if found is None:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "notice")
    return found


HANDLERS: Final = [notices, notice]
PAGES: Final = [notices_page, notice_page]
