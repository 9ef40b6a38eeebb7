"""Fills the demo market through the operators' door, as two real operators would: every act proposed, the second approves.

May be cut short and begun again: whatever is there already is skipped.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.core.rulebook import ASSETS
from engine.view import MarketView
from gateway import rehearsal
from yutan import folder, keys, population
from yutan.client import Client
from yutan.flow import yuan

DOCUMENT = "DEMO-2025-001"
USER_RIGHTS = ["view", "trade", "cancel", "limits"]
QUALIFIED_FROM = "2025-01-01"  # before any day of a demo


class FourEyes:
    """Two operators at their desks: one proposes, the other approves what the rule book wants approved."""

    def __init__(self, first: Client, second: Client) -> None:
        self._first = first
        self._second = second

    async def act(self, name: str, fields: dict[str, Any], reason: str, document: str = DOCUMENT) -> None:
        """Have one act done. Raises Refused."""
        outcome = await self._first.act(name, fields, reason, document)
        if outcome.status == "pending":
            await self._second.approve(outcome.proposal_id, outcome.sha256)

    async def finish_pending(self) -> None:
        """Approve what the first had proposed of the demo's set-up when they were cut short, and nothing else."""
        for row in await self._second.pending():
            if row.document == DOCUMENT and row.operator == self._first.key_id:
                await self._second.approve(row.proposal_id, row.sha256)


async def populate(data: Path, view: MarketView, desk: FourEyes, on_step: Callable[[int, int], None], env: str) -> None:
    """Bring instruments, accounts, keys, cash and units of the demo into the market of this environment. Raises Refused."""
    await desk.finish_pending()
    steps: list[population.Listing | population.Participant] = [*population.LISTINGS, *population.participants()]
    listed = {instrument.code for instrument in view.instruments()}
    known_keys = {known.key_id for known in view.keys()}  # noqa: SIM118 - not a dict
    for done, step in enumerate(steps):
        on_step(done, len(steps))
        if isinstance(step, population.Listing):
            if step.code not in listed:
                await _list(desk, step)
        else:
            named = step._replace(key_id=rehearsal.key_id(env, step.key_id))
            await _admit(data, view, desk, named, done, known_keys)
    on_step(len(steps), len(steps))


async def _list(desk: FourEyes, listing: population.Listing) -> None:
    fields = {
        "code": listing.code,
        "product": listing.product,
        "vintage": listing.vintage,
        "name_zh": listing.name_zh,
        "name_en": listing.name_en,
        "base_price": yuan(listing.base_price_ticks),
    }
    await desk.act("list_instrument", fields, "list an instrument of the demo")


async def _admit(
    data: Path, view: MarketView, desk: FourEyes, person: population.Participant, owner: int, known_keys: set[str]
) -> None:
    if not view.account_number(person.code):
        fields = {"code": person.code, "owner": owner, "name": person.name, "category": person.category}
        await desk.act("open_account", fields, "admit a participant of the demo")
    await _qualify(view, desk, person, owner)
    if person.key_id not in known_keys:
        key = keys.load_or_create(folder.keys(data) / f"{person.key_id}.pem")
        fields = {"key_id": person.key_id, "public_key": keys.public_bytes(key).hex(), "accounts": [person.code]}
        if person.user:
            await _appoint(view, desk, person, owner)
            fields |= {"user": person.user, "scopes": USER_RIGHTS}
        await desk.act("register_key", fields, "register the participant's key")
    number = view.account_number(person.code)
    account = view.account(number)
    assert account is not None, f"account {person.code} was opened"
    if account.exec_seq == 0 and account.free_fen == 0 and person.cash_fen:
        fields = {"account": person.code, "amount": yuan(person.cash_fen)}
        await desk.act("deposit_cash", fields, "cash received by the settlement bank")
    if account.exec_seq == 0:
        held = {units.instrument for units in view.units(number)}
        for issue in population.issues():
            if issue.code == person.code and view.instrument_number(issue.instrument) not in held:
                await _issue(desk, issue)


async def _appoint(view: MarketView, desk: FourEyes, person: population.Participant, owner: int) -> None:
    """Make a person a user of the participant; a key that is theirs opens a login for a browser."""
    if not any(user.user == person.user for found in view.participants() for user in found.users):
        fields = {
            "user": person.user,
            "participant": owner,
            "identity": f"demo-{person.user}",
            "name": person.name,
            "rights": USER_RIGHTS,
        }
        await desk.act("appoint_user", fields, "appoint a user of the demo")


async def _qualify(view: MarketView, desk: FourEyes, person: population.Participant, owner: int) -> None:
    """Admit and qualify a participant whose class the rule book lets trade only so."""
    rules = view.rulebook().classes.get(person.category)
    if rules is None or not rules.qualifications:
        return
    known = {found.number: {kind.kind for kind in found.qualifications} for found in view.participants()}
    if owner not in known:
        fields = {"participant": owner, "identity": f"demo-{owner}", "name": person.name}
        await desk.act("admit_participant", fields, "admit a participant of the demo")
    for kind in rules.qualifications:
        if kind not in known.get(owner, ()):
            fields = {"participant": owner, "kind": kind, "from_day": QUALIFIED_FROM}
            if kind == ASSETS:
                fields["assets"] = yuan(rules.assets_fen_min)
            await desk.act("qualify", fields, "qualify a participant of the demo")


async def _issue(desk: FourEyes, issue: population.Issue) -> None:
    fields = {
        "account": issue.code,
        "instrument": issue.instrument,
        "tonnes": issue.tonnes,
        "kind": issue.kind,
        "year": issue.year,
    }
    await desk.act("allocate_units", fields, "units with which the demo begins")
