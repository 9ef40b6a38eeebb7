"""What acts about instruments, accounts, participants, users, keys and authorities would change."""

from collections.abc import Iterator
from typing import Final

from engine.core import commands
from engine.participant_view import ParticipantView, Qualification
from engine.view import MarketView
from gateway.protocol.console_wire import EffectRow
from gateway.protocol.names import Names
from gateway.protocol.prices import money_text
from gateway.protocol.times import day_text

_SUSPENDED: Final = {True: "暂停 suspended", False: "正常 not suspended"}
Rows = Iterator[EffectRow]


def _participant(number: int, view: MarketView) -> ParticipantView | None:
    return next((found for found in view.participants() if found.number == number), None)


def _name(number: int, view: MarketView) -> str:
    found = _participant(number, view)
    return f"{number} {found.name}" if found is not None else str(number)


def _listed(texts: list[str]) -> str:
    return "、".join(texts)


# ---- instruments and accounts -------------------------------------------------------------------------------


def open_account(act: commands.OpenAccount, view: MarketView, names: Names) -> Rows:
    """The accounts of its owner, by which limits and self-trades are judged."""
    before = [account.code for account in view.accounts() if account.owner == act.owner]
    yield EffectRow(_name(act.owner, view), "账户", "Accounts", _listed(before), _listed([*before, act.code]))


def list_instrument(act: commands.ListInstrument, view: MarketView, names: Names) -> Rows:
    """The product's instruments."""
    before = [found.code for found in view.instruments() if found.product == act.product]
    yield EffectRow(act.product, "挂牌品种", "Instruments", _listed(before), _listed([*before, act.code]))


def exit_market(act: commands.ExitToNationalMarket, view: MarketView, names: Names) -> Rows:
    """Until when it may sell, and for which years it owes no more."""
    code = names.account_code(act.account)
    until = day_text(act.until_day)
    yield EffectRow(
        code, "退出地方市场", "Leaving the city's market", "否 no", f"只可卖出至 {until} may sell until then"
    )
    for found in view.compliance(act.account):
        if found.year > act.last_year:
            zh, en = f"{found.year} 履约义务", f"Owes for {found.year}"
            yield EffectRow(code, zh, en, "是 yes", "否 no")
            if found.preallocated:
                zh, en = f"{found.year} 预分配配额", f"Preallocation of {found.year}"
                yield EffectRow(code, zh, en, str(found.preallocated), "0")


def close_account(act: commands.CloseAccount, view: MarketView, names: Names) -> Rows:
    """The account, and the keys that open it."""
    code = names.account_code(act.account)
    yield EffectRow(code, "账户", "Account", "正常 open", "销户 closed")
    keys = [key.key_id for key in view.keys_of((act.account,)) if not key.revoked]
    if keys:
        yield EffectRow(code, "登录密钥", "Keys", _listed(keys), "不再打开此账户 open it no more")


# ---- participants -------------------------------------------------------------------------------------------


def amend(act: commands.AmendParticipant, view: MarketView, names: Names) -> Rows:
    """What is recorded of it now, and from now on."""
    found = _participant(act.participant, view)
    if found is None:
        return
    for zh, en, before, after in (
        ("名称", "Name", found.name, act.name),
        ("证件代码", "Identity", found.identity, act.identity),
        ("住所", "Home", found.home, act.home),
    ):
        if before != after:
            yield EffectRow(str(act.participant), zh, en, before, after)


def admit(act: commands.AdmitParticipant, view: MarketView, names: Names) -> Rows:
    """The accounts that are its own from now on."""
    accounts = [account.code for account in view.accounts() if account.owner == act.participant]
    yield EffectRow(f"{act.participant} {act.name}", "参与人", "Participant", "", act.identity)
    if accounts:
        yield EffectRow(f"{act.participant} {act.name}", "账户", "Accounts", "", _listed(accounts))


def _qualification(found: Qualification | None) -> str:
    if found is None:
        return ""
    until = day_text(found.until_day) or "…"
    assets = f" {money_text(found.assets_fen)}" if found.assets_fen else ""
    return f"{day_text(found.from_day)} – {until}{assets}"


def qualify(act: commands.Qualify | commands.Disqualify, view: MarketView, names: Names) -> Rows:
    """The qualification as it is recorded, and as it would be."""
    found = _participant(act.participant, view)
    held = next((row for row in found.qualifications if row.kind == act.kind), None) if found is not None else None
    after = None
    if type(act) is commands.Qualify:
        after = Qualification(act.kind, act.from_day, act.until_day, act.assets_fen)
    gone = "取消 taken away" if after is None else _qualification(after)
    yield EffectRow(
        _name(act.participant, view), f"资质 {act.kind}", f"Qualification {act.kind}", _qualification(held), gone
    )


def suspend(act: commands.SuspendParticipant | commands.ReinstateParticipant, view: MarketView, names: Names) -> Rows:
    """The participant and its accounts."""
    found = _participant(act.participant, view)
    if found is None:
        return
    after = _SUSPENDED[type(act) is commands.SuspendParticipant]
    yield EffectRow(_name(act.participant, view), "资格", "Standing", _SUSPENDED[found.is_suspended], after)
    for row in found.accounts:
        before = _SUSPENDED["suspended" in row.bars]
        yield EffectRow(names.account_code(row.account), "交易", "Trading", before, after)


def appoint(act: commands.AppointUser, view: MarketView, names: Names) -> Rows:
    """The participant's users."""
    found = _participant(act.participant, view)
    before = [f"{user.user} {user.name}" for user in found.users] if found is not None else []
    after = _listed([*before, f"{act.user} {act.name} ({', '.join(act.rights)})"])
    yield EffectRow(_name(act.participant, view), "操作人员", "Users", _listed(before), after)


def remove_user(act: commands.RemoveUser, view: MarketView, names: Names) -> Rows:
    """Whose user it is, and the keys that end with it."""
    for found in view.participants():
        for user in found.users:
            if user.user == act.user:
                before = f"{user.user} {user.name} ({', '.join(user.rights)})"
                yield EffectRow(_name(found.number, view), "操作人员", "User", before, "移除 removed")
    for key in view.keys():  # noqa: SIM118
        if key.user == act.user and not key.revoked:
            yield EffectRow(key.key_id, "登录密钥", "Key", "有效 good", "吊销 revoked")


def ban(act: commands.BanPerson | commands.LiftBan, view: MarketView, names: Names) -> Rows:
    """The list of the banned, and who is removed or suspended by it."""
    held = next((row for row in view.bans() if row.identity == act.identity), None)
    before = "" if held is None else f"{held.name}: {held.basis}"
    if type(act) is not commands.BanPerson:
        yield EffectRow(act.identity, "禁入名单", "List of the banned", before, "移出 taken off")
        return
    yield EffectRow(act.identity, "禁入名单", "List of the banned", before, f"{act.name}: {act.basis}")
    for found in view.participants():
        if found.identity == act.identity:
            after = _SUSPENDED[True]
            yield EffectRow(_name(found.number, view), "资格", "Standing", _SUSPENDED[found.is_suspended], after)
        for user in found.users:
            if user.identity == act.identity:
                yield EffectRow(
                    _name(found.number, view), "操作人员", "User", f"{user.user} {user.name}", "移除 removed"
                )


def associate(act: commands.Associate, view: MarketView, names: Names) -> Rows:
    """Who counts as one owner with whom."""
    groups = {number: row.group for row in view.associations() for number in row.group}
    parts = [groups.get(number, (number,)) for number in (act.controller, act.controlled)]
    together = sorted({number for part in parts for number in part})
    before = [" + ".join(_name(number, view) for number in part) for part in dict.fromkeys(parts)]
    after = " + ".join(_name(number, view) for number in together)
    yield EffectRow(_name(act.controlled, view), "合并计算", "Counted as one owner", _listed(before), after)


def dissociate(act: commands.Dissociate, view: MarketView, names: Names) -> Rows:
    """The last day of the association."""
    for row in view.associations():
        found = row.association
        if found.number == act.association:
            subject = f"{_name(found.controller, view)} → {_name(found.controlled, view)}"
            before = day_text(found.until_day) or "无期限 no end"
            yield EffectRow(subject, "关联至", "Associated until", before, day_text(act.until_day))


# ---- operators, keys and certificates -----------------------------------------------------------------------


def register_operator(act: commands.RegisterOperator, view: MarketView, names: Names) -> Rows:
    """Who may act for the exchange."""
    before = [found.person for found in view.operators()]
    yield EffectRow("", "操作员", "Operators", _listed(before), _listed([*dict.fromkeys([*before, act.person])]))


def register_key(act: commands.RegisterKey, view: MarketView, names: Names) -> Rows:
    """The keys that open each of its accounts."""
    for account in act.accounts:
        before = [key.key_id for key in view.keys_of((account,)) if not key.revoked]
        code = names.account_code(account)
        yield EffectRow(code, "登录密钥", "Keys", _listed(before), _listed([*dict.fromkeys([*before, act.key_id])]))


def revoke_key(act: commands.RevokeKey, view: MarketView, names: Names) -> Rows:
    """What the key opens, and opens no more."""
    found = view.key(act.key_id)
    if found is not None:
        opened = _listed([names.account_code(number) for number in found.accounts])
        whose = f" {found.user}" if found.user else ""
        before = "已吊销 revoked" if found.revoked else f"{opened} ({', '.join(found.scopes)}){whose}"
        yield EffectRow(act.key_id, "登录密钥", "Key", before, "吊销 revoked")


def trust(act: commands.TrustAuthority | commands.DistrustAuthority, view: MarketView, names: Names) -> Rows:
    """The authority on the trust list."""
    found = next((row for row in view.authorities() if row.authority == act.authority), None)
    before = "不在名单 not listed"
    if found is not None and found.is_listed:
        before = f"{found.name_zh} {day_text(found.from_day)} – {day_text(found.until_day)}"
    after = "移出 taken off"
    if type(act) is commands.TrustAuthority:
        after = f"{act.name_zh} {day_text(act.from_day)} – {day_text(act.until_day)}"
    yield EffectRow(act.authority, "信任名单", "Trust list", before, after)


def revoke_certificates(act: commands.RevokeCertificates, view: MarketView, names: Names) -> Rows:
    """Each certificate, whether it is revoked already."""
    revoked = view.revoked(act.authority)
    for serial in act.serials:
        before = f"已吊销 revoked {day_text(revoked[serial])}" if serial in revoked else "有效 not revoked"
        yield EffectRow(serial, "证书", "Certificate", before, "吊销 revoked")
