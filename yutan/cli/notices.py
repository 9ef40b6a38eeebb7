"""`yutan notices` for everyone, `yutan operator announce` for the exchange (公告)."""

from pathlib import Path
from typing import Annotated, Any

import typer

from yutan.cli import public, session
from yutan.cli.options import DEFAULT_DATA, Act, DataDir, Json, as_act
from yutan.cli.output import EXIT_MISSING, fail, show

CATEGORIES = {"announcement", "material-information", "risk-warning"}


def notices(
    category: Annotated[str, typer.Option("--category", help="Only these, such as risk_warning (类别).")] = "",
    instrument: Annotated[str, typer.Option("--instrument", help="Only of this instrument (品种).")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="At most so many.")] = 20,
    notice: Annotated[str, typer.Option("--id", help="One notice in full, such as G-1042-1 (编号).")] = "",
    data: DataDir = DEFAULT_DATA,
    url: public.HttpUrl = "",
    as_json: Json = False,
) -> None:
    """Show what the exchange has told the public, newest first (公告)."""
    if notice:
        show(public.ask(data, url, f"notices/{notice}", {}, as_json), as_json=as_json, title="notice (公告)")
        return
    asked = {"category": category, "instrument": instrument, "limit": str(limit)}
    found = public.ask(data, url, "notices", asked, as_json)
    rows = found["notices"]
    shown = ("notice_id", "at", "category_zh", "title_zh", "title_en", "document")
    show(
        rows if as_json else [{name: row[name] for name in shown} for row in rows],
        as_json=as_json,
        title="notices (公告)",
    )


@as_act("tell the public")
def announce(
    act: Act,
    category: Annotated[str, typer.Argument(help=f"One of: {', '.join(sorted(CATEGORIES))} (类别).")],
    title_zh: Annotated[str, typer.Option("--title-zh", help="Title in Chinese (标题).")],
    title_en: Annotated[str, typer.Option("--title-en", help="Title in English.")],
    body_zh: Annotated[str, typer.Option("--body-zh", help="Text in Chinese, or @FILE (正文).")],
    body_en: Annotated[str, typer.Option("--body-en", help="Text in English, or @FILE.")],
    effective: Annotated[
        str, typer.Option("--effective", help="In effect from this time, such as 2026-11-23T01:30:00Z; none: at once.")
    ] = "",
    instrument: Annotated[str, typer.Option("--instrument", help="About this instrument; none: the market.")] = "",
) -> None:
    """Tell the public something in the exchange's own words (发布公告、重大信息或风险提示); two persons."""
    fields: dict[str, Any] = {
        "category": category.replace("-", "_"),
        "title_zh": title_zh,
        "title_en": title_en,
        "body_zh": _text(body_zh, act.as_json),
        "body_en": _text(body_en, act.as_json),
    }
    given = {"effective_at": effective, "instrument": instrument}
    fields |= {name: value for name, value in given.items() if value}
    session.act(act, "publish_notice", fields)


def _text(given: str, as_json: bool) -> str:
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{given[1:]}: {error}", code=EXIT_MISSING, as_json=as_json)
