"""The random flows are worth something: together they make every event and reach every refusal of admission."""

from collections import Counter

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from engine.core.market import Market
from tests.testkit.flows import random_flow

ADMISSION = (
    reasons.INVALID_FIELD,
    reasons.ACCOUNT_RESTRICTED,
    reasons.UNKNOWN_ACCOUNT,
    reasons.TOO_MANY_OPEN_ORDERS,
    reasons.UNKNOWN_INSTRUMENT,
    reasons.MARKET_CLOSED,
    reasons.PRICE_OUT_OF_BAND,
    reasons.INSTRUMENT_HALTED,
    reasons.PRICE_OFF_TICK,
    reasons.QTY_BELOW_MIN,
    reasons.QTY_ABOVE_MAX,
    reasons.QTY_OFF_LOT,
    reasons.TIF_NOT_ALLOWED,
    reasons.SELF_MATCH,
    reasons.CLIENT_ORDER_ID_CONFLICT,
    reasons.UNKNOWN_ORDER,
    reasons.NO_CHANGE,
    reasons.VALUE_ABOVE_MAX,
    reasons.PHASE_FORBIDS,
    reasons.WOULD_TAKE,
    reasons.LEVEL_NOT_PICKABLE,
    reasons.PICK_REQUIRED,
    reasons.FOK_NOT_FILLABLE,
    reasons.QTY_BELOW_FILLED,
    reasons.INSUFFICIENT_CASH,
    reasons.INSUFFICIENT_ALLOWANCE,
    reasons.UNITS_LOCKED,
    reasons.OBLIGATION_RESERVED,
    reasons.HOLDING_LIMIT,
    reasons.HOLDER_CAP,
)
ENDINGS = (
    0,
    reasons.DAY_ENDED,
    reasons.IOC_REMAINDER,
    reasons.SELF_TRADE_PREVENTED,
    reasons.RESTRICTION_IMPOSED,
    reasons.INSTRUMENT_HALTED,
)
# of acts that no flow does: the calendar, keys, operators, documents of settlement, words to the public
NOT_REACHED = (
    e.ObjectionFiled,
    e.ObjectionDecided,
    e.FilingChanged,
    e.IntentionPosted,
    e.IntentionEnded,
    e.CalendarChanged,
    e.KeyRegistered,
    e.KeyRevoked,
    e.AuthorityTrusted,
    e.AuthorityDistrusted,
    e.CertificatesRevoked,
    e.SettlementRetryOrdered,
    e.BulletinPublished,
    e.DayFixed,
    e.OpeningOverridden,
    e.DayReconciled,
    e.BankFileImported,
    e.BankCompared,
    e.BankBreakResolved,
    e.ReserveMoved,
    e.NoticePublished,
    e.SettlementUnfinished,
    e.StatementConfirmed,
    e.StatementContested,
    e.StatementObjectionDecided,
    e.ReportPublished,
    e.DispatchRecorded,
    e.CreditRecordStruck,
)
# block trades have flows of their own: test_block_trades
BLOCK_EVENTS = tuple(kind for name, kind in vars(e).items() if name.startswith("Block"))
# auctions too: test_slow_market_agrees, and the government's test_random_auctions
AUCTION_EVENTS = tuple(kind for name, kind in vars(e).items() if name.startswith(("Auction", "Bid")))
# a merger or an exit ends an account for good, which a flow of few accounts cannot afford: test_succession has a chain of
# mergers, test_closing the exits, and test_split divides one over and over
MERGER_EVENTS = (
    e.HoldingTransferred,
    e.CashTransferred,
    e.AccountMerged,
    e.AccountSplit,
    e.AccountLeaving,
    e.AccountClosed,
)
# of persons and their papers: test_participants
PARTICIPANT_EVENTS = tuple(
    kind
    for name, kind in vars(e).items()
    if name.startswith(("Participant", "User", "Person", "Ban", "Association")) and name != "Band"
)
# of kill switches, own limits and sessions: test_kill_switches, test_sessions
# of links between accounts and of what the closes find: test_links
LINK_EVENTS = (e.AccountsLinked, e.AccountsUnlinked, e.LinkedNearLimit, e.RetentionNear)
CONTROL_EVENTS = tuple(
    kind for name, kind in vars(e).items() if name.startswith(("KillSwitch", "Own", "Session", "DeadMan"))
)
# offsets by project move like any other; their numbers have a slow twin in test_serials
PROJECT_EVENTS = (e.OffsetsIssued,)
ELSEWHERE = (
    NOT_REACHED
    + BLOCK_EVENTS
    + AUCTION_EVENTS
    + MERGER_EVENTS
    + PROJECT_EVENTS
    + PARTICIPANT_EVENTS
    + CONTROL_EVENTS
    + LINK_EVENTS
)


def test_flows_make_every_event_and_reach_every_refusal() -> None:
    events: Counter[type] = Counter()
    refusals: Counter[int] = Counter()
    endings: Counter[int] = Counter()
    traded_in: Counter[int] = Counter()
    for seed in range(200):
        market = Market()
        phase = phases.CLOSED
        for entry in random_flow(seed, 150):
            for event in market.apply(entry):
                events[type(event)] += 1
                if isinstance(event, e.OrderRefused | e.RequestRefused):
                    refusals[event.reason] += 1
                elif isinstance(event, e.OrderCanceled):
                    endings[event.reason] += 1
                elif isinstance(event, e.Traded):
                    traded_in[phase] += 1
                elif isinstance(event, e.PhaseChanged):
                    phase = event.phase
    every = [kind for kind in vars(e).values() if isinstance(kind, type) and issubclass(kind, e.Event)]
    missing = [kind.__name__ for kind in every if kind is not e.Fact and not events[kind] and kind not in ELSEWHERE]
    assert missing == []
    assert [reasons.BY_NUMBER[reason].name for reason in ADMISSION if not refusals[reason]] == []
    assert [reason for reason in ENDINGS if not endings[reason]] == []
    collecting = (phases.OPENING_CALL, phases.OPENING_CALL_NO_CANCEL, phases.CLOSING_CALL)
    assert all(traded_in[phase] for phase in (phases.CONTINUOUS, *collecting))


def test_a_flow_is_a_function_of_its_seed() -> None:
    assert random_flow(7, 50) == random_flow(7, 50)
    assert random_flow(7, 50) != random_flow(8, 50)
    assert isinstance(random_flow(7, 50)[0].command, c.Found)
