"""`yutan place --dry-run`, `yutan explain`: what would become of an order, and what became of it."""

import msgspec
import typer

from yutan.cli import session
from yutan.cli.options import Who
from yutan.cli.output import emit_json, exit_code, show
from yutan.client import Client
from yutan.inquiries import Explained, Tested


def test(
    who: Who,
    side: str,
    instrument: str,
    tonnes: int,
    price: str,
    time_in_force: str,
    post_only: bool,
    client_order_id: str,
) -> None:
    """Show what would become of an order, and leave with the code its refusal would have."""

    async def question(client: Client) -> Tested:
        return await client.inquiries.test(
            instrument,
            side,
            tonnes,
            price,
            client_order_id=client_order_id,
            account=who.account,
            time_in_force=time_in_force,
            post_only=post_only,
        )

    found: Tested = session.ask_member(who, question)
    if who.as_json:
        emit_json(found)
    else:
        fields = msgspec.to_builtins(found, enc_hook=str)
        checks = fields.pop("checks")
        show(fields, as_json=False, title="accepted (可接受)" if found.accepted else "refused (将被拒绝)")
        show(checks, as_json=False, title="rules (检查项)")
    if found.reason is not None:
        raise typer.Exit(exit_code(found.reason.code))


def explain(who: Who, order: str) -> None:
    """Tell the timeline of an order, bid or block offer, a line a step."""
    names = session.order_names(order, "OAB")
    found: Explained = session.ask_member(who, lambda client: client.inquiries.explain(account=who.account, **names))
    if who.as_json:
        emit_json(found)
        return
    fields = msgspec.to_builtins(found, enc_hook=str)
    rows = fields.pop("timeline")
    show(fields, as_json=False, title=f"{found.order_id} {found.order_status}")
    show([{"at": row["at"], "text": row["text"]} for row in rows], as_json=False, title="timeline (全程)")
