"""The HTTP application: who answers which path, and what happens to every answer."""

from litestar import Litestar, Router
from litestar.datastructures import CacheControlHeader, State
from litestar.exceptions import HTTPException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig

from gateway.feed.tape import TapeBusy
from gateway.http import (
    api,
    calendar,
    checkpoints,
    datasets,
    dictionary,
    disclosure_pages,
    factors,
    history_pages,
    intentions,
    joining,
    key_units,
    language,
    llms,
    logins,
    notices,
    pages,
    rates,
    refusals,
    replies,
    reports,
    specification,
    trade,
    trust,
    udf,
)
from gateway.http.datafiles import DataFiles
from gateway.http.sources import Sources
from gateway.protocol import codec

_BODY_BYTES_MAX = 16_384  # as on a websocket
_STATIC_MAX_AGE_S = 300


def create_app(sources: Sources) -> Litestar:
    """The application over these sources. It owns no task and no file; it can be made at any time."""
    static = create_static_files_router(
        path="/static",
        directories=[pages.FOLDER / "static"],
        cache_control=CacheControlHeader(max_age=_STATIC_MAX_AGE_S, public=True),
        include_in_schema=False,
    )
    return Litestar(
        route_handlers=[
            api.health,
            api.metrics,
            calendar.calendar_ics,
            Router(
                "/api/v1",
                route_handlers=[
                    *api.HANDLERS,
                    *checkpoints.HANDLERS,
                    calendar.calendar,
                    *notices.HANDLERS,
                    *key_units.HANDLERS,
                    *intentions.HANDLERS,
                    *trust.HANDLERS,
                    *reports.HANDLERS,
                    *trade.HANDLERS,
                ],
            ),
            udf.ROUTER,
            llms.llms_txt,
            *datasets.HANDLERS,
            *pages.HANDLERS,
            *language.HANDLERS,
            *specification.HANDLERS,
            *notices.PAGES,
            *disclosure_pages.PAGES,
            Router("/v1", route_handlers=[*logins.HANDLERS, *factors.HANDLERS]),
            *logins.PAGES,
            *history_pages.HANDLERS,
            joining.join_page,
            dictionary.dictionary,
            static,
        ],
        state=State({"sources": sources, "files": DataFiles()}),
        exception_handlers={
            replies.Refused: refusals.on_refused,
            codec.Refused: refusals.on_wire_refused,
            TapeBusy: refusals.on_busy,
            HTTPException: refusals.on_http_error,
            Exception: refusals.on_internal_error,
        },
        before_request=rates.Rates(sources).check,
        before_send=[replies.secure],
        template_config=TemplateConfig(directory=pages.FOLDER / "templates", engine=JinjaTemplateEngine),
        openapi_config=None,  # its pages would load scripts from other hosts
        request_max_body_size=_BODY_BYTES_MAX,
        logging_config=None,
    )
