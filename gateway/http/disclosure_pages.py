"""What the exchange discloses beside prices and notices, as pages: auctions, key units, the calendar, the rules with their sources.

Each page says what its answer under `/api/v1` says, and nothing else.
"""

from typing import Any, Final

import msgspec
from litestar import get
from litestar.response import Template

from gateway.fees import fee_schedule
from gateway.http import queries
from gateway.http.api import named_auction, newest_auctions, rulebook_value
from gateway.http.calendar import calendar_value
from gateway.http.key_units import KeyUnitsQuery, units_of_year
from gateway.http.pages import grouped, page
from gateway.http.replies import AnyRequest
from gateway.http.sources import sources_of

BIDDERS_ZH: Final = {"key_emitter": "重点排放单位", "institution": "机构", "individual": "个人"}
CONFIDENCE_ZH: Final = {
    "confirmed": "已确认", "confirmed-2": "有旁证", "to be confirmed": "待确认", "unknown": "未知", "design": "系统设定",
}  # fmt: skip
AUCTION_WORDS: Final = {
    "announced": "已公告", "open": "竞价中", "cleared": "已结束", "canceled": "已取消",
    "sale": "有偿出让", "buy_back": "回购", "purchase": "买入",
    "sealed_uniform": "密封报价,统一成交价", "sealed_pay_as_bid": "密封报价,按报价成交",
}  # fmt: skip
RESULT_WORDS: Final = {
    "price": "成交价(元)", "quantity": "成交量", "bid_quantity": "申报总量", "bidders": "申报人数", "winners": "成交人数",
    "revenue": "成交额(元)", "cover_ratio": "认购倍数", "lowest_bid": "最低报价(元)", "highest_bid": "最高报价(元)",
    "left_over": "转入以后竞价", "mean_bid": "平均报价(元)", "median_bid": "报价中位数(元)", "bid_deviation": "报价标准差(元)",
    "bid_per_bidder_mean": "人均申报量", "bid_per_bidder_deviation": "申报量标准差",
    "won_per_bidder_mean": "人均成交量", "won_per_bidder_deviation": "成交量标准差", "seller_fees": "出让方费用(元)",
    "buyer_fees": "受让方费用(元)",
}  # fmt: skip


@get("/auctions", sync_to_thread=False)
def auctions_page(request: AnyRequest) -> Template:
    """Auctions, newest first."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return page(request, sources, "auctions.html", rows=newest_auctions(sources), words=AUCTION_WORDS)


@get("/auctions/{code:str}", sync_to_thread=False)
def auction_page(request: AnyRequest) -> Template:
    """One auction: notice and result."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    found = named_auction(request, sources)
    instrument = sources.view.instrument(sources.view.instrument_number(found.instrument))
    assert instrument is not None, "what is auctioned is listed"
    told: dict[str, Any] = {} if found.result is None else msgspec.structs.asdict(found.result)
    result = {name: value for name, value in told.items() if value is not None}
    return page(
        request,
        sources,
        "auction.html",
        auction=found,
        result=result,
        unit_zh=instrument.unit_zh,
        unit_en=instrument.unit_en,
        words=AUCTION_WORDS,
        bidders=BIDDERS_ZH,
        result_words=RESULT_WORDS,
    )


@get("/key-units", sync_to_thread=False)
def key_units_page(request: AnyRequest) -> Template:
    """Key units of a compliance year."""
    sources = sources_of(request)
    return page(request, sources, "key_units.html", found=units_of_year(sources, queries.read(request, KeyUnitsQuery)))


@get("/calendar", sync_to_thread=False)
def calendar_page(request: AnyRequest) -> Template:
    """Today, the day's timetable, holidays and announcements."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return page(request, sources, "calendar.html", found=calendar_value(sources))


@get("/rules", sync_to_thread=False)
def rules_page(request: AnyRequest) -> Template:
    """Every rule with its value, its source and how sure that is."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    found = rulebook_value(sources)
    groups: dict[str, list[dict[str, Any]]] = {}
    for rule in found["rules"]:
        groups.setdefault(rule["rule"].rpartition(".")[0], []).append(rule)
    return page(request, sources, "rules.html", found=found, groups=groups, confidence=CONFIDENCE_ZH)


@get("/fees", sync_to_thread=False)
def fees_page(request: AnyRequest) -> Template:
    """Fee items, rates and worked examples."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return page(
        request, sources, "fees.html", found=fee_schedule(sources.view), confidence=CONFIDENCE_ZH, grouped=grouped
    )


PAGES: Final = [auctions_page, auction_page, key_units_page, calendar_page, rules_page, fees_page]
