"""The public pages: the market, live, and the archive of bulletins. Read-only HTML that works without an account."""

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get
from litestar.response import Template

from engine.core import phases
from gateway.http.bulletins import COLUMNS, bulletin_rows, issues, published_bulletin
from gateway.http.datafiles import data_files
from gateway.http.files import file_reply
from gateway.http.language import is_english
from gateway.http.replies import AnyRequest
from gateway.http.sources import Sources, sources_of
from gateway.protocol.times import local_text
from gateway.tables import FORMS

FOLDER: Final = Path(__file__).parent.parent / "pages"
_HOST: Final = re.compile(r"\[[0-9a-fA-F:]{2,39}\]|[A-Za-z0-9.-]{1,253}", re.ASCII)
_MARKET_PATH: Final = "/ws/v1/market"
_FILES: Final = tuple(f".{form}" for form in FORMS)
KINDS_ZH: Final = {"day": "每日公报", "week": "周报", "month": "月报", "year": "年报"}


def market_url(request: AnyRequest, sources: Sources) -> str:
    """Where this page's script finds the market door: as configured, or on the host that the page came from."""
    settings = sources.settings
    if settings.market_url:
        return settings.market_url
    host = _HOST.match(request.headers.get("host", ""))
    scheme = "wss" if request.url.scheme == "https" else "ws"
    # The host is the asker's own word: only what can be a host gets into the page and its policy.
    return f"{scheme}://{host.group() if host else '127.0.0.1'}:{settings.market_port}{_MARKET_PATH}"


def page(request: AnyRequest, sources: Sources, name: str, **values: Any) -> Template:
    """A page of ours: what every page shows, and the policy by which it may load nothing but its own."""
    url = market_url(request, sources)
    origin = url.removesuffix(_MARKET_PATH)
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {origin}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    rules = sources.view.rulebook()
    english = is_english(request)
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Template(
        template_name=name,
        context={
            "market": rules,
            "environment": sources.settings.environment,
            "market_url": url,
            "has_parquet": "parquet" in data_files(request).forms,
            "utc_offset_minutes": rules.utc_offset_minutes,
            "units_zh": _units(product.unit_zh for product in rules.products.values()),
            "units_en": _units(product.unit_en for product in rules.products.values()),
            "english": english,
            "say": _english if english else _chinese,
            "plain": _plain,
            "back": quote(address, safe=""),
            "local_time": partial(local_text, utc_offset_minutes=rules.utc_offset_minutes),
            **values,
        },
        headers={"content-security-policy": policy, "cache-control": "no-cache", "vary": "cookie"},
        media_type="text/html",
    )


def _chinese(zh: str, _en: str) -> str:
    return zh


def _english(_zh: str, en: str) -> str:
    return en


def _plain(name: str) -> str:
    """A word of the interface to read: "key_emitter" -> "key emitter"."""
    return name.replace("_", " ")


def _units(names: Iterable[str]) -> str:
    """What quantities count on this market, each unit once."""
    return ", ".join(dict.fromkeys(names))


@get("/", sync_to_thread=False)
def market_page(request: AnyRequest) -> Template:
    """The market today."""
    sources = sources_of(request)
    return page(
        request,
        sources,
        "market.html",
        instruments=sources.view.instruments(),
        phase=sources.feed.phase_now(),
        phase_names=dict(zip(phases.NAMES, phases.NAMES_ZH, strict=True)),
        levels=sources.view.rulebook().public_depth_levels,
    )


@get("/bulletins")
async def bulletins_page(request: AnyRequest) -> Template:
    """All published bulletins, kind by kind."""
    sources = sources_of(request)
    found = await issues(sources.title)
    groups = [(kind, [issue for issue in found if issue.kind == kind]) for kind in KINDS_ZH]
    return page(request, sources, "bulletins.html", groups=groups, kinds=KINDS_ZH)


@get("/bulletins/{name:str}")
async def bulletin_page(request: AnyRequest) -> Template | Response[bytes]:
    """One published bulletin as a table, or a file of bulletins where the name says which form."""
    sources = sources_of(request)
    name = request.path_params["name"]
    if name.endswith(_FILES):
        return await file_reply(request, sources, name)
    issue, body = await published_bulletin(sources.title, name)
    versions = [other for other in await issues(sources.title, issue.kind) if other.period == issue.period]
    document = msgspec.json.decode(body)
    return page(
        request,
        sources,
        "bulletin.html",
        named=name,
        issue=issue,
        kinds=KINDS_ZH,
        versions=versions if len(versions) > 1 else [],
        document=document,
        columns=COLUMNS,
        rows=bulletin_rows(document),
        grouped=grouped,
    )


def grouped(value: str | int) -> str:
    """A plain number with its thousands marked: "1234567.80" -> "1,234,567.80"."""
    whole, point, fraction = str(value).partition(".")
    return f"{int(whole):,}{point}{fraction}"


@get("/verify", sync_to_thread=False)
def verify_page(request: AnyRequest) -> Template:
    """Checks a bulletin in the reader's browser."""
    sources = sources_of(request)
    keys = [] if sources.proofs is None else sources.proofs.exchange_keys()
    return page(request, sources, "verify.html", public_key=keys[-1].public_key if keys else "")


@get("/favicon.ico", sync_to_thread=False)
def favicon() -> Response[bytes]:
    """Browsers ask for it by themselves."""
    return Response((FOLDER / "static" / "icon.svg").read_bytes(), media_type="image/svg+xml")


HANDLERS = [market_page, bulletins_page, bulletin_page, verify_page, favicon]
