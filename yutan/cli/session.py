"""From a command line to the running exchange and back: which address, which key, what to print, which exit code."""

import asyncio
import os
import ssl
import string
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import orjson
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.protocol import wire
from gateway.protocol.times import day_text
from yutan import bulletins, folder, keys
from yutan.cli.options import Act, Desk, Who
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, EXIT_UNREACHABLE, console, exit_code, fail, show
from yutan.client import Book, Client, Event, Refused

VISITOR_KEYS = ("demo", "test_demo")  # of a demo market, of a rehearsal market
LANGUAGE = "en" if os.environ.get("LANG", "").lower().startswith("en") else "zh"
REPORTS_A_PAGE = 1_000
UNKNOWN_SHA256 = "0" * 64

Answer = TypeVar("Answer")


class Address(NamedTuple):
    """Base of the websocket doors, the environment's name, and how to speak TLS there; None: as with any server."""

    url: str
    env: str
    tls: ssl.SSLContext | None = None


def address(data: Path, url: str, env: str, as_json: bool) -> Address:
    """The exchange at --url, or the one that runs on --data."""
    if url:
        if not url.startswith(("ws://", "wss://")):
            fail(f"--url {url}: it begins with ws:// or wss://", code=2, as_json=as_json)
        return Address(url.rstrip("/"), env or "local")
    try:
        running = folder.read_running(data)
    except folder.FolderError as error:
        fail(str(error), code=EXIT_UNREACHABLE, as_json=as_json)
    return Address(running.ws_url, env or running.env, running.tls())


def load_key(path: Path, as_json: bool) -> Ed25519PrivateKey:
    """The private key in this file."""
    try:
        return keys.load(path)
    except keys.KeyFileError as error:
        fail(str(error), code=EXIT_MISSING, as_json=as_json)


def member_key(who: Who) -> Path:
    """The key file a member command names; where it names none, the visitor's of a demo or rehearsal market."""
    visitor = _visitor(who.data)
    named = [
        path for path in (who.key, _named(who.data, who.member), visitor if who.demo else None) if path is not None
    ]
    if not named and visitor.exists():
        return visitor
    if len(named) != 1:
        fail("name the key by exactly one of --key FILE, --member NAME, --demo", code=2, as_json=who.as_json)
    return named[0]


def _named(data: Path, name: str) -> Path | None:
    return folder.keys(data) / f"{name}.pem" if name else None


def _visitor(data: Path) -> Path:
    paths = [folder.keys(data) / f"{name}.pem" for name in VISITOR_KEYS]
    return next((path for path in paths if path.exists()), paths[0])


def operator_key(data: Path, operator: str) -> Path:
    """A key file, or the file of that person in the data folder."""
    path = Path(operator)
    return path if path.suffix == ".pem" else folder.keys(data) / f"{operator}.pem"


def public_key(text: str, as_json: bool) -> bytes:
    """32 bytes from 64 hex digits or from a PEM private key's file."""
    if len(text) == 64 and all(letter in string.hexdigits for letter in text):
        return bytes.fromhex(text)
    return keys.public_bytes(load_key(Path(text), as_json))


def read_text(path: Path, as_json: bool) -> str:
    """The text of a file that a command names."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path}: {error}", code=EXIT_MISSING, as_json=as_json)


def run(work: Callable[[], Awaitable[Any]], *, as_json: bool) -> Any:
    """Run `work` to its end; refusals and failures to connect become a message and an exit code."""
    try:
        return asyncio.run(_whole(work))
    except Refused as error:
        fail(
            error.message,
            code=exit_code(error.code),
            as_json=as_json,
            reason=error.code,
            name=error.name,
            data=msgspec.to_builtins(error.data),
        )
    except (OSError, TimeoutError) as error:
        fail(f"the exchange cannot be reached: {error}", code=EXIT_UNREACHABLE, as_json=as_json)
    except KeyboardInterrupt:
        return None


async def _whole(work: Callable[[], Awaitable[Any]]) -> Any:
    return await work()


def connect_member(who: Who) -> Client:
    """A client at the members' door with the key the command names."""
    path = member_key(who)
    key = load_key(path, who.as_json)
    place = address(who.data, who.url, who.env, who.as_json)
    tls = _with_certificate(place, path)
    return Client.connect(place.url, key_id=path.stem, private_key=key, env=place.env, language=LANGUAGE, tls=tls)


def _with_certificate(place: Address, key: Path) -> ssl.SSLContext | None:
    """A key's certificate, KEY-ID.crt beside the key's file, is shown where the doors speak TLS."""
    certificate = key.with_suffix(".crt")
    if not place.url.startswith("wss:") or not certificate.exists():
        return place.tls
    context = place.tls or ssl.create_default_context()
    context.load_cert_chain(certificate, key)
    return context


def connect_operator(desk: Desk) -> Client:
    """A client at the operators' door."""
    path = operator_key(desk.data, desk.operator)
    key = load_key(path, desk.as_json)
    place = address(desk.data, "", "", desk.as_json)
    return Client.connect(
        place.url, key_id=path.stem, private_key=key, door="ops", env=place.env, language=LANGUAGE, tls=place.tls
    )


def _ask(client: Client, question: Callable[[Client], Awaitable[Any]], as_json: bool) -> Any:
    async def work() -> Any:
        async with client:
            return await question(client)

    return run(work, as_json=as_json)


# ---- members --------------------------------------------------------------------------------------------


def place(
    who: Who,
    side: str,
    instrument: str,
    tonnes: int,
    price: str,
    time_in_force: str,
    post_only: bool,
    client_order_id: str,
) -> None:
    """Place an order and say how it stands a moment later."""

    async def question(client: Client) -> Any:
        placed = await client.place(
            instrument,
            side,
            tonnes,
            price,
            client_order_id=client_order_id,
            account=who.account,
            time_in_force=time_in_force,
            post_only=post_only,
        )
        return await client.order(placed.order_id, account=placed.account)

    show(_ask(connect_member(who), question, who.as_json), as_json=who.as_json, title="accepted (已接受)")


def order_names(order: str, letters: str = "O") -> dict[str, str]:
    """An order as a command line names it: O-12, or the member's own id. letters: A and B beside it mean a bid, a block offer."""
    is_order_id = order[:1] in letters and order[1:2] == "-" and order[2:].isdigit()
    return {"order_id" if is_order_id else "client_order_id": order}


def cancel(who: Who, order: str) -> None:
    """Cancel an order."""
    answer = _ask(
        connect_member(who), lambda client: client.cancel(account=who.account, **order_names(order)), who.as_json
    )
    show(answer, as_json=who.as_json, title="canceled (已撤)")


def replace(who: Who, order: str, tonnes: int, price: str) -> None:
    """Replace an order."""
    answer = _ask(
        connect_member(who),
        lambda client: client.replace(tonnes, price, account=who.account, **order_names(order)),
        who.as_json,
    )
    show(answer, as_json=who.as_json, title="replaced (已改)")


def orders(who: Who) -> None:
    """List open orders."""
    answer = _ask(connect_member(who), lambda client: client.orders(account=who.account), who.as_json)
    show(answer, as_json=who.as_json, title="open orders (未成交委托)")


def cash(who: Who) -> None:
    """Show cash."""
    answer = _ask(connect_member(who), lambda client: client.cash(who.account), who.as_json)
    show(answer, as_json=who.as_json, title="cash (资金, CNY)")


def allowances(who: Who) -> None:
    """Show units."""
    answer = _ask(connect_member(who), lambda client: client.allowances(who.account), who.as_json)
    if who.as_json:
        show(answer, as_json=True)
        return
    show(answer.holdings, as_json=False, title=f"units of {answer.account} (持仓)")
    console().print(f"to be kept until surrender (履约前保留): {answer.retention_floor} t", markup=False)


def obligation(who: Who, year: int) -> wire.ObligationView:
    """The own compliance years."""
    found: wire.ObligationView = _ask(
        connect_member(who), lambda client: client.obligation(who.account, year), who.as_json
    )
    return found


def print_obligation(found: wire.ObligationView, as_json: bool) -> None:
    """Compliance years as JSON, or each as a table of its fields."""
    if as_json:
        show(found, as_json=True)
        return
    if not found.years:
        console().print(f"{found.account}: no compliance year yet (尚无履约年度)", markup=False)
    for row in found.years:
        show(row, as_json=False, title=f"{found.account} {row.year} (履约, 吨)")


def account_of(client: Client, who: Who) -> str:
    """The account that is meant: the named one, or the only one of the key."""
    accounts = client.welcome.accounts if client.welcome is not None else []
    if who.account:
        return who.account
    if len(accounts) != 1:
        fail(f"this key has the accounts {', '.join(accounts)}; name one by --account", code=2, as_json=who.as_json)
    return accounts[0]


def fills(who: Who, count: int) -> None:
    """List the newest own trades, found backwards in the private stream."""

    async def question(client: Client) -> Any:
        channel = f"exec.{account_of(client, who)}"
        assert client.welcome is not None, "the client has logged in"
        last = client.welcome.last_seqs[channel]
        found: list[Event] = []
        while last > 0 and len(found) < count:
            first = max(1, last - REPORTS_A_PAGE + 1)
            page = await client.replay(channel, first, last - first + 1)
            found = [event for event in page if event.data.exec_type == "trade"] + found
            last = first - 1
        return [await _fill_row(client, event) for event in found[-count:]]

    show(_ask(connect_member(who), question, who.as_json), as_json=who.as_json, title="trades (成交)")


async def _fill_row(client: Client, event: Event) -> dict[str, Any]:
    report = event.data
    settlement = await client.trade(report.trade_id)
    return {
        "trade_id": report.trade_id,
        "time": report.transact_time,
        "instrument": report.instrument,
        "side": report.side,
        "price": str(report.last_price),
        "quantity": report.last_qty,
        "order_id": report.order_id,
        "fee": str(report.fee),
        "settlement": settlement.status,
    }


def watch(who: Who, count: int) -> None:
    """Print own execution reports as they come."""

    async def question(client: Client) -> None:
        channel = f"exec.{account_of(client, who)}"
        await client.subscribe(channel)
        seen = 0
        async for event in client.events():
            if isinstance(event, Event) and event.kind == "update":
                _print_report(event, who.as_json)
                seen += 1
                if seen == count:
                    return

    _ask(connect_member(who), question, who.as_json)


def _print_report(event: Event, as_json: bool) -> None:
    if as_json:
        plain = msgspec.to_builtins(event, enc_hook=str)
        sys.stdout.write(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode() + "\n")
        sys.stdout.flush()
        return
    report = event.data
    words = f"{event.seq} {report.exec_type} {report.instrument} {report.side} {report.order_id} {report.order_status}"
    fill = f" {report.last_qty} @ {report.last_price} {report.trade_id}" if report.trade_id else ""
    reason = f" {report.reason.code} {report.reason.name}" if report.reason is not None else ""
    console().print(f"{words}{fill}{reason} (cum {report.cum_qty}, leaves {report.leaves_qty})", markup=False)


def book(data: Path, url: str, instrument: str, levels: int, as_json: bool) -> None:
    """Print the public book once."""
    place = address(data, url, "", as_json)
    client = Client.connect(place.url, language=LANGUAGE, tls=place.tls)

    found: Book = _ask(client, lambda client: client.book(instrument), as_json)
    shown = {"asks": found.asks(levels), "bids": found.bids(levels)}
    if as_json:
        show({"instrument": instrument, "withheld": found.is_withheld, **shown}, as_json=True)
        return
    if found.is_withheld:
        console().print("a call auction collects orders; levels are withheld (集合竞价)", markup=False)
    asks = [{"side": f"卖{n}", "price": price, "tonnes": tonnes} for n, (price, tonnes) in enumerate(shown["asks"], 1)]
    bids = [{"side": f"买{n}", "price": price, "tonnes": tonnes} for n, (price, tonnes) in enumerate(shown["bids"], 1)]
    show([*reversed(asks), *bids], as_json=False, title=f"{instrument} 盘口")


def ask_member(who: Who, question: Callable[[Client], Awaitable[Any]]) -> Any:
    """Ask something at the members' door."""
    return _ask(connect_member(who), question, who.as_json)


def member_asks(who: Who, title: str, question: Callable[[Client], Awaitable[Any]]) -> None:
    """Ask something at the members' door and show the answer."""
    show(_ask(connect_member(who), question, who.as_json), as_json=who.as_json, title=title)


def visitor_reads(
    data: Path,
    url: str,
    as_json: bool,
    title: str,
    question: Callable[[Client], Awaitable[Any]],
    columns: Sequence[str] = (),
) -> None:
    """Ask something at the public door and show the answer; of many wide ones only `columns`."""
    place = address(data, url, "", as_json)
    client = Client.connect(place.url, language=LANGUAGE, tls=place.tls)
    show(_ask(client, question, as_json), as_json=as_json, title=title, columns=columns)


# ---- operators ------------------------------------------------------------------------------------------


def act(told: Act, name: str, fields: dict[str, Any]) -> None:
    """Do or propose an act; a proposal is shown with the content and the hash that its approver signs."""
    answer = act_answer(told, name, fields)
    titles = {"pending": "waits for a second person (待复核)", "done": "done (已执行)"}
    show(answer, as_json=told.as_json, title=titles.get(answer["status"], ""))


def act_answer(told: Act, name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Do or propose an act: what became of it, and how a second operator goes on."""

    async def question(client: Client) -> Any:
        outcome = await client.act(name, fields, told.reason, told.document)
        answer = {"act": name, "fields": fields, **msgspec.to_builtins(outcome)}
        if outcome.status == "pending":
            answer["next"] = f"yutan operator approve {outcome.proposal_id} --operator OTHER --sha256 {outcome.sha256}"
        return answer

    answer: dict[str, Any] = ask_operator(told.desk, question)
    return answer


def ask_operator(desk: Desk, question: Callable[[Client], Awaitable[Answer]]) -> Answer:
    """Ask something at the operators' door."""
    answer: Answer = _ask(connect_operator(desk), question, desk.as_json)
    return answer


def operator_reads(desk: Desk, title: str, question: Callable[[Client], Awaitable[Any]]) -> None:
    """Ask something at the operators' door and show the answer."""
    show(ask_operator(desk, question), as_json=desk.as_json, title=title)


def audit(desk: Desk, account: str, person: str, act: str, document: str, before: int, limit: int) -> None:
    """Show lines of the audit trail."""
    rows = ask_operator(
        desk,
        lambda client: client.audit.lines(
            account=account, person=person, act=act, document=document, before_line=before, limit=limit
        ),
    )
    columns = ("line", "at", "event", "proposal_id", "operator", "approver", "act", "reason", "document")
    show(rows, as_json=desk.as_json, title="audit trail (操作日志)", columns=columns)


def reconcile(desk: Desk) -> None:
    """Reconcile now; a difference is an error."""
    report = ask_operator(desk, lambda client: client.reconcile())
    show(report, as_json=desk.as_json, title="engine = registry = bank (对账)")
    if not report.ok:
        raise typer.Exit(EXIT_DATA)


def approve(desk: Desk, proposal: str, sha256: str) -> None:
    """Show the proposal's content, then approve exactly that."""

    async def question(client: Client) -> Any:
        rows = [row for row in await client.pending() if row.proposal_id == proposal]
        if rows and not desk.as_json:
            show(rows[0], as_json=False, title="content (内容)")
        content = sha256 or (rows[0].sha256 if rows else UNKNOWN_SHA256)
        outcome = await client.approve(proposal, content)
        shown = msgspec.to_builtins(rows[0]) if rows else {}
        return {**shown, **msgspec.to_builtins(outcome)}

    operator_reads(desk, "approved (复核通过)", question)


def reject(desk: Desk, proposal: str, reason: str) -> None:
    """Turn a proposal down."""
    operator_reads(desk, "rejected (已驳回)", lambda client: client.reject(proposal, reason))


def operator_statement(desk: Desk, account: str, day: int) -> None:
    """Show an account's statement."""

    async def question(client: Client) -> Any:
        wanted = day_text(day) if day else next(iter(await client.reports.statement_days(account)), "")
        return await client.reports.statement(account, wanted) if wanted else None

    answer = ask_operator(desk, question)
    if answer is None:
        fail(f"account {account} has no statement yet", code=EXIT_MISSING, as_json=desk.as_json)
    show(answer, as_json=desk.as_json, title=f"statement (结算单) {account}")


def publish_bulletin(told: Act, day: int, period: str) -> None:
    """Propose publishing the bulletin in DIR/bulletins by the hash of its bytes."""
    found = bulletins.of_period(told.data, period) if period else bulletins.newest(told.data, day)
    if found is None:
        where = told.data / bulletins.FOLDER
        fail(f"there is no bulletin in {where}; close a day first", code=EXIT_MISSING, as_json=told.as_json)
    fields = {"trading_day": day_text(found.trading_day), "sha256": found.sha256}
    act(told, "publish_bulletin", fields)
