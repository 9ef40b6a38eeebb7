"""Which act changes what: one table, looked up by the act's type.

Only what is slow to change is shown with its state of now, so that a difference that was read stays true while members trade.
`SAYS_ALL` has the acts without a difference, each with the reason why its own fields are enough.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from engine.core import commands
from engine.title import Title
from engine.view import MarketView
from gateway.effects import auctions, cash, compliance, day, measures, participants, registry
from gateway.protocol.console_wire import EffectRow
from gateway.protocol.names import Names

_Rows = Iterator[EffectRow]
_Effect = Callable[[Any, MarketView, Names], _Rows]


async def effect(act: commands.AnyAct, view: MarketView, names: Names, title: Title) -> list[EffectRow]:
    """The rows of one act, as things stand now; none where its fields say everything, or what it is about is gone."""
    if type(act) is commands.PublishBulletin:
        return [row async for row in day.publishing(act, title)]
    if type(act) is commands.CorrectBulletin:
        return [row async for row in day.correcting(act, title)]
    found = EFFECTS.get(type(act))
    return [] if found is None else list(found(act, view, names))


EFFECTS: Final[dict[type[commands.Act], _Effect]] = {
    commands.ImportAllocations: cast(_Effect, compliance.import_allocations),
    commands.AllocateUnits: compliance.allocate,
    commands.SetAllocationPlan: compliance.plan,
    commands.ImportEmissions: compliance.emissions,
    commands.PreallocateUnits: compliance.preallocate,
    commands.TrueUpAllocation: compliance.true_up,
    commands.FileObjection: compliance.review,
    commands.DecideObjection: compliance.review,
    commands.SurrenderUnits: compliance.surrender,
    commands.DecideFiling: compliance.decide_filing,
    commands.IssueOffsets: compliance.issue_offsets,
    commands.Halt: day.trading,
    commands.Resume: day.trading,
    commands.ChangePhase: day.change_phase,
    commands.OpenDay: day.open_day,
    commands.CloseDay: day.close_day,
    commands.FixDay: day.fix_day,
    commands.OverrideOpening: day.override,
    commands.OpenBlockWindow: day.block_window,
    commands.CloseBlockWindow: day.block_window,
    commands.AdoptRuleBook: day.adopt_rulebook,
    commands.AdoptHolidays: day.holidays,
    commands.AnnounceClosure: day.announce,
    commands.AnnounceOpening: day.announce,
    commands.ImportBankFile: cash.bank_file,
    commands.ResolveBankBreak: cash.bank_break,
    commands.DepositCash: cash.deposit,
    commands.WithdrawCash: cash.withdraw,
    commands.UseRiskReserve: cash.reserve,
    commands.RecoverRiskReserve: cash.reserve,
    commands.FundRiskReserve: cash.reserve,
    commands.CancelUnits: registry.cancel,
    commands.EncumberUnits: registry.encumber,
    commands.ReleaseUnits: registry.release,
    commands.EnforceEncumbrance: registry.enforce,
    commands.TransferUnits: registry.transfer,
    commands.MergeAccounts: registry.merge,
    commands.SplitAccount: registry.split,
    commands.OpenAccount: participants.open_account,
    commands.ListInstrument: participants.list_instrument,
    commands.ExitToNationalMarket: participants.exit_market,
    commands.CloseAccount: participants.close_account,
    commands.AdmitParticipant: participants.admit,
    commands.AmendParticipant: participants.amend,
    commands.Qualify: participants.qualify,
    commands.Disqualify: participants.qualify,
    commands.SuspendParticipant: participants.suspend,
    commands.ReinstateParticipant: participants.suspend,
    commands.AppointUser: participants.appoint,
    commands.RemoveUser: participants.remove_user,
    commands.BanPerson: participants.ban,
    commands.LiftBan: participants.ban,
    commands.Associate: participants.associate,
    commands.Dissociate: participants.dissociate,
    commands.RegisterOperator: participants.register_operator,
    commands.RegisterKey: participants.register_key,
    commands.RevokeKey: participants.revoke_key,
    commands.TrustAuthority: participants.trust,
    commands.DistrustAuthority: participants.trust,
    commands.RevokeCertificates: participants.revoke_certificates,
    commands.AnnounceAuction: auctions.announce,
    commands.OpenAuction: auctions.open_window,
    commands.CloseAuction: auctions.close_window,
    commands.CancelAuction: auctions.cancel,
    commands.Restrict: measures.restrict,
    commands.LiftRestriction: measures.lift,
    commands.ReviewRestriction: measures.review_restriction,
    commands.AddCaseStep: measures.case_step,
    commands.CloseCase: measures.case_step,
    commands.OrderReduction: measures.order_reduction,
    commands.UnlinkAccounts: measures.unlink,
    commands.StrikeCreditRecord: measures.strike_credit,
    commands.EngageKillSwitch: measures.engage,
    commands.ReleaseKillSwitch: measures.release,
    commands.DecideStatementObjection: measures.decide_objection,
    commands.VoidTrade: measures.void_trade,
}
TITLED: Final = (commands.PublishBulletin, commands.CorrectBulletin)  # whose difference the registry tells
SAYS_ALL: Final[dict[type[commands.Act], str]] = {
    commands.OpenCase: "a new record: account, matter and alerts are in it",
    commands.LinkAccounts: "a new record: the accounts and what they were seen by are in it; no limit changes",
    commands.PublishNotice: "its texts are what the public reads",
    commands.PublishReport: "its body is what the public reads",
    commands.RecordDispatch: "a note for the file: nothing else changes",
    commands.RetrySettlement: "an instruction is tried again; whether it settles is known afterwards",
    commands.RecordReconciliation: "only the exchange itself records it, and it waits for nobody",
    commands.RecordBankComparison: "only the exchange itself records it, and it waits for nobody",
}
