"""`yutan auction …` for bidders and `yutan operator auction …` for notice, window and result (有偿竞价, 回购, 单向竞价)."""

from typing import Annotated, Any

import typer

from gateway.protocol.times import day_text
from yutan.cli import session
from yutan.cli.options import DEFAULT_DATA, Act, DataDir, Desk, Json, Url, Who, as_act, as_member, as_operator

app = typer.Typer(no_args_is_help=True, help="Auctions and buy-backs (有偿竞价, 回购, 单向竞价): list, bid, withdraw.")
operator_app = typer.Typer(no_args_is_help=True, help="Auctions and buy-backs (有偿竞价, 回购, 单向竞价).")

CATEGORIES = ("key_emitter", "institution", "individual")
CAP_BP = 5_000  # half of the volume a bidder: domain rules (j), the safe default

Code = Annotated[str, typer.Argument(help="Auction code, such as 2026-01 (竞价编号).")]
Categories = Annotated[
    list[str] | None,
    typer.Option(
        "--category",
        help=f"Who may bid: {', '.join(CATEGORIES)}; default the first two, of use-restricted units the first.",
    ),
]
UseRestricted = Annotated[
    bool, typer.Option("--use-restricted", help="Only for the bidder's own surrender (仅限本单位清缴).")
]

Floor = Annotated[str, typer.Option("--floor", help="Published floor; of --buy-back and --buyer the ceiling (底价).")]
CapBp = Annotated[int, typer.Option("--cap-bp", min=0, max=10_000, help="The same in 1/10,000 of the volume.")]
Seller = Annotated[
    str, typer.Option("--seller", help="Instead of both: the account of the participant that sells (单向竞价出让方).")
]
Buyer = Annotated[
    str, typer.Option("--buyer", help="The account of the participant that buys, up to --floor (单向竞价受让方).")
]
SellerFee = Annotated[
    int, typer.Option("--seller-fee-ppm", min=0, help="Seller's fee in millionths of what it is paid (出让方手续费).")
]
BuyerFee = Annotated[
    int, typer.Option("--buyer-fee-ppm", min=0, help="Buyer's fee in millionths of what it pays (受让方手续费).")
]
CancelIfShort = Annotated[bool, typer.Option("--cancel-if-short", help="Void where less is bid than offered.")]
CarryOver = Annotated[
    int, typer.Option("--carry-over", min=0, help="Spread what is not sold over so many later auctions (结转).")
]
Carries = Annotated[
    list[str] | None,
    typer.Option("--carries", help="Earlier auction whose share is part of the volume; repeat for more (结转自)."),
]

LIST_COLUMNS = (
    "auction",
    "status",
    "direction",
    "method",
    "instrument",
    "quantity",
    "trading_day",
    "limit_price",
    "result",
)  # the rest of a notice: `yutan auction show`


# ---- bidders --------------------------------------------------------------------------------------------


@app.command("list")
def list_auctions(data: DataDir = DEFAULT_DATA, url: Url = "", as_json: Json = False) -> None:
    """List notices and results, newest first (公告与结果)."""
    session.visitor_reads(
        data, url, as_json, "auctions (有偿竞价与回购)", lambda client: client.auctions.newest(), LIST_COLUMNS
    )


@app.command()
def show(code: Code, data: DataDir = DEFAULT_DATA, url: Url = "", as_json: Json = False) -> None:
    """Show one auction: notice, where it stands, result (查看竞价)."""
    session.visitor_reads(data, url, as_json, f"auction {code}", lambda client: client.auctions.get(code))


@app.command()
@as_member
def bid(
    who: Who,
    code: Code,
    tonnes: Annotated[int, typer.Argument(min=1, help="Tonnes (吨).")],
    price: Annotated[str, typer.Argument(help="Price in yuan per tonne, such as 40.10 (申报价).")],
    replaces: Annotated[str, typer.Option("--replaces", help="Own bid A-… that this one takes the place of.")] = "",
    client_bid_id: Annotated[str, typer.Option("--id", help="Your own bid id; none: a new one.")] = "",
) -> None:
    """Place a sealed bid, in a buy-back or purchase an offer (申报); its deposit is held in full."""
    session.member_asks(
        who,
        "bid taken (已申报)",
        lambda client: client.auctions.bid(
            code, tonnes, price, client_bid_id=client_bid_id, account=who.account, replaces=replaces
        ),
    )


@app.command()
@as_member
def withdraw(
    who: Who,
    bid_id: Annotated[str, typer.Argument(help="Bid, such as A-12 (申报号).")],
) -> None:
    """Take a bid back, where the notice allows it (撤回申报)."""
    session.member_asks(
        who,
        "bid withdrawn (已撤回)",
        lambda client: client.auctions.withdraw(bid_id, account=who.account),
    )


@app.command()
@as_member
def bids(who: Who) -> None:
    """List own open bids and what each holds (我的申报)."""
    session.member_asks(
        who,
        "open bids (有效申报)",
        lambda client: client.auctions.bids(account=who.account),
    )


# ---- the other side ------------------------------------------------------------------------------


@operator_app.command()
@as_act("announce an auction")
def announce(
    act: Act,
    code: Code,
    instrument: Annotated[str, typer.Argument(help="Instrument code (品种).")],
    tonnes: Annotated[int, typer.Argument(min=1, help="Volume in tonnes (竞价总量).")],
    day: Annotated[int, typer.Option("--day", help="Trading day of the auction, yyyymmdd (竞价日).")],
    units: Annotated[str, typer.Option("--units", help="Government account that sells or receives the units.")] = "",
    cash: Annotated[str, typer.Option("--cash", help="Treasury account of the money (国库账户).")] = "",
    seller: Seller = "",
    seller_fee_ppm: SellerFee = 0,
    buyer: Buyer = "",
    buyer_fee_ppm: BuyerFee = 0,
    buy_back: Annotated[bool, typer.Option("--buy-back", help="Buy units back (回购) instead of selling.")] = False,
    pay_as_bid: Annotated[bool, typer.Option("--pay-as-bid", help="Each pays its own price; else uniform.")] = False,
    floor: Floor = "",
    reserve: Annotated[str, typer.Option("--reserve", help="Confidential floor or ceiling (保密底价).")] = "",
    budget: Annotated[str, typer.Option("--budget", help="Budget of a buy-back in yuan (回购资金).")] = "",
    category: Categories = None,
    bidder: Annotated[list[str] | None, typer.Option("--bidder", help="Account that may bid; repeat for more.")] = None,
    minimum: Annotated[int, typer.Option("--min", min=1, help="Smallest bid in tonnes (最小申报量).")] = 1,
    lot: Annotated[int, typer.Option("--lot", min=1, help="Bids are multiples of this (申报单位).")] = 1,
    cap: Annotated[int, typer.Option("--cap", min=0, help="Most tonnes a bidder; 0: by --cap-bp alone.")] = 0,
    cap_bp: CapBp = CAP_BP,
    fee_ppm: Annotated[int, typer.Option("--fee-ppm", min=0, help="Winner's fee in millionths of the amount.")] = 0,
    withdrawable: Annotated[bool, typer.Option("--withdrawable", help="Bids may be changed and withdrawn.")] = False,
    pro_rata: Annotated[bool, typer.Option("--pro-rata", help="Divide the last price pro rata; else by time.")] = False,
    cancel_if_short: CancelIfShort = False,
    closes_market: Annotated[bool, typer.Option("--closes-market", help="Halt the instrument for that day.")] = False,
    use_restricted: UseRestricted = False,
    carry_over: CarryOver = 0,
    carries: Carries = None,
    opens_at: Annotated[str, typer.Option("--opens-at", help="RFC 3339; none: by the operator's act.")] = "",
    closes_at: Annotated[str, typer.Option("--closes-at", help="RFC 3339; none: by the operator's act.")] = "",
    notice: Annotated[str, typer.Option("--notice", help="Words or address of the notice (公告).")] = "",
) -> None:
    """Announce a sealed auction, buy-back or one-way auction (发布竞价公告); its volume or money is held from now on."""
    categories = CATEGORIES[:1] if use_restricted else CATEGORIES[:2]
    fields: dict[str, Any] = {
        "code": code,
        "instrument": instrument,
        "tonnes": tonnes,
        "trading_day": day_text(day),
        "categories": list(categories) if category is None and not bidder else category or [],
        "qty_min": minimum,
        "lot": lot,
    }
    given = {
        "limit_price": floor,
        "reserve_price": reserve,
        "budget": budget,
        "bidders": bidder,
        "cap": cap,
        "cap_bp": cap_bp,
        "fee_ppm": fee_ppm,
        "seller_fee_ppm": seller_fee_ppm,
        "buyer_fee_ppm": buyer_fee_ppm,
        "withdrawable": withdrawable,
        "closes_market": closes_market,
        "use_restricted": use_restricted,
        "carry_over": carry_over,
        "carries": carries,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "notice": notice,
    }
    fields |= _parties(units, cash, seller or buyer) | _words(pay_as_bid, pro_rata, cancel_if_short)
    fields["direction"] = _direction(buy_back, seller, buyer)
    fields |= {name: value for name, value in given.items() if value}
    session.act(act, "announce_auction", fields)


def _parties(units: str, cash: str, applicant: str) -> dict[str, str]:
    if bool(applicant) == bool(units or cash) or bool(units) != bool(cash):
        raise typer.BadParameter("either --units and --cash of the government, or --seller, or --buyer")
    return {"unit_account": units or applicant, "cash_account": cash or applicant}


def _direction(buy_back: bool, seller: str, buyer: str) -> str:
    if bool(seller) + bool(buyer) + buy_back > 1:
        raise typer.BadParameter("only one of --seller, --buyer and --buy-back")
    return "buy_back" if buy_back else "purchase" if buyer else "sale"


def _words(pay_as_bid: bool, pro_rata: bool, cancel_if_short: bool) -> dict[str, str]:
    return {
        "method": "sealed_pay_as_bid" if pay_as_bid else "sealed_uniform",
        "tie": "pro_rata" if pro_rata else "time",
        "undersubscribed": "cancel" if cancel_if_short else "partial",
    }


@operator_app.command("open")
@as_act("open the window by its notice")
def open_window(act: Act, code: Code) -> None:
    """Open the window (开始申报)."""
    session.act(act, "open_auction", {"auction": code})


@operator_app.command("close")
@as_act("close the window by its notice")
def close_window(act: Act, code: Code) -> None:
    """Close the window and clear (截止申报并成交)."""
    session.act(act, "close_auction", {"auction": code})


@operator_app.command("cancel")
@as_act()
def cancel(act: Act, code: Code) -> None:
    """Cancel an auction that is not cleared (取消竞价); everything it held is released."""
    session.act(act, "cancel_auction", {"auction": code})


@operator_app.command("show")
@as_operator
def show_to_operator(desk: Desk, code: Code) -> None:
    """Show an auction's notice, state and result; bids are sealed for operators too (查看竞价)."""
    session.operator_reads(desk, f"auction {code}", lambda client: client.auctions.get(code))
