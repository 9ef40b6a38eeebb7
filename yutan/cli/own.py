"""`yutan own …`: what one user of a member has proposed and a second one approves (会员内部复核)."""

from typing import Annotated

import typer

from yutan.cli import session
from yutan.cli.options import Who, as_member

app = typer.Typer(no_args_is_help=True, help="What waits for the member's second user (会员内部复核).")

Proposal = Annotated[str, typer.Argument(help="Proposal, such as P-31 (待复核编号).")]


@app.command("list")
@as_member
def list_proposals(who: Who) -> None:
    """List what waits for a second user, with its content and its hash (待复核)."""
    session.member_asks(who, "waits for a second user (待复核)", lambda client: client.controls.proposals())


@app.command()
@as_member
def approve(
    who: Who,
    proposal: Proposal,
    sha256: Annotated[str, typer.Option("--sha256", help="Hash of the content as it was seen (内容摘要).")],
) -> None:
    """Approve what another user has proposed (复核通过)."""
    session.member_asks(who, "approved (复核通过)", lambda client: client.controls.approve(proposal, sha256))


@app.command()
@as_member
def reject(who: Who, proposal: Proposal) -> None:
    """Turn a proposal down, or withdraw one's own (复核驳回)."""
    session.member_asks(who, "rejected (已驳回)", lambda client: client.controls.reject(proposal))
