"""Seeded random flows of commands that reach everything the market can be asked, over several days.

A flow is a pure function of its seed: nothing is read from a market while it is made, so the same list goes to the fast
market, to the slow one and to another process. The maker follows only what it can know without one: the phase, since its
own changes of phase are valid, and what it has sent.
"""

import random
from dataclasses import dataclass, field
from typing import Any

from engine.core import commands as c
from engine.core import phases, units
from engine.core.commands import AnyAct, AnyCommand, Entry
from engine.core.remedy_acts import TradeFacts
from engine.core.units import BUY, DAY, FOK, IOC, SELL
from tests.testkit.build import START_NS, digest_of, founding, rulebook_text

HUGE = (2**63, 2**63 - 1, -(2**63), -1, 0, 10**9 + 1, 2**31)


Rules = tuple[dict[str, dict[str, Any]], dict[str, Any]]  # products, and the rest


def random_rules(dice: random.Random) -> Rules:
    """What a rule book says: any combination of the values that change what the market does."""
    lot = dice.choice((1, 1, 1, 5))
    allowance: dict[str, Any] = {
        "lot_tonnes": lot,
        "order_tonnes_min": lot * dice.choice((1, 1, 2)),
        "order_tonnes_max": lot * dice.choice((60, 2000)),
        "limit_bp": dice.choice(("none", 500, 1000, 3000)),
        "trading_fee_ppm": dice.choice((0, 0, 700, 3333)),
        "settlement_fee_ppm": dice.choice((0, 300, 1)),
        "lock_days": dice.choice((0, 0, 1, 5)),
        "tick_fen": dice.choice((1, 1, 10)),
    }
    offset: dict[str, Any] = {
        "kind": "offset",
        "limit_bp": dice.choice(("none", 1000)),
        "trading_fee_ppm": dice.choice((0, 5000)),
        "lock_days": dice.choice((0, 1)),
    }
    for product in (allowance, offset):
        product["composite_weight"] = dice.choice(("none", "tonnes", "equal"))
        if dice.random() < 0.2:
            product["holding_limit_tonnes"] = dice.choice((1, 300, 5000))
        if dice.random() < 0.3:
            product["large_holder_tonnes"] = dice.choice((1, 300, 5000))
        if dice.random() < 0.15:
            product["holders_max"] = dice.choice((1, 2, 3))
        product["match_mode"] = dice.choice(("PRICE_TIME_AUTO",) * 5 + ("PICK_BEST5", "PICK_BEST_ONLY", "MEDIAN3"))
        product["close_rule"] = dice.choice("ABCL")
        product["close_min_tonnes"] = dice.choice((10, 100)) if product["close_rule"] == "C" else 0
    rules: dict[str, Any] = {
        "self_trade": dice.choice(("cancel_taker", "cancel_maker", "cancel_both", "off")),
        "call_tie": dice.choice(("reference", "pressure")),
        "open_orders_max": dice.choice((4, 12, 1000)),
        "order_value_max_fen": dice.choice((2_000_000, 10_000_000_000, units.AMOUNT_FEN_MAX)),
        "client_order_id_days": dice.choice((0, 1, 5)),
        "cancel_in_break": dice.random() < 0.5,
        "proceeds_same_day": dice.random() < 0.6,
        "retention_bp": dice.choice((0, 5000, 9999)),
        "void_window": dice.choice(("next_opening", "any_day")),
        "void_fees": dice.choice(("returned", "kept")),
        "proposal_hours_max": dice.choice((1, 24)),
        "two_person_acts": dice.choice(
            ([], ["DepositCash", "AllocateUnits", "LiftRestriction"], ["Halt", "OpenAccount"])
        ),
    }
    rules["compliance"] = {
        2025: {
            "offset_base": dice.choice(("verified_emissions", "allocation")),
            "offset_limit_bp": dice.choice((0, 800, 5000)),
            "local_share_min_bp": dice.choice((0, 0, 6000)),
        }
    }
    terms = {
        "limit_bp": dice.choice((500, 5000)),
        "vintage_min": dice.choice((0, 2022)),
        "is_local": dice.random() < 0.5,
    }
    rules["offsets"] = {"2025.CCER": terms} if dice.random() < 0.8 else {}
    return {"CQEA": allowance, "CCER": offset}, rules


ALWAYS_TWO = ("AdoptRuleBook", "SetAllocationPlan", "ImportAllocations", "VoidTrade")


@dataclass
class Flow:
    """Makes one flow; `entries` is the result."""

    dice: random.Random
    entries: list[Entry] = field(default_factory=list)
    at_ns: int = START_NS
    accounts: int = 0
    instruments: int = 0
    phase: int = phases.CLOSED
    day: int = 20260104
    centre: int = 1000
    rules: Rules = field(default_factory=lambda: ({}, {}))  # those of the founding
    version: int = 1
    placed: list[tuple[int, c.PlaceOrder]] = field(default_factory=list)  # number, command
    ids: int = 0
    has_auctions: bool = False
    notices: int = 0
    applicant: int = 0  # of the newest notice
    applicants: list[int] = field(default_factory=list)
    bids: list[tuple[int, c.PlaceBid]] = field(default_factory=list)  # number, command

    def send(self, command: AnyCommand) -> int:
        """Append a command; returns its seq."""
        self.at_ns += self.dice.choice((0, 1, 1_000_000))
        seq = len(self.entries) + 1
        self.entries.append(Entry(seq, self.at_ns, command))
        return seq

    def act(self, wanted: AnyAct) -> None:
        """Propose an act and, where that takes two, have it approved; sometimes wrongly first."""
        dice = self.dice
        first = dice.choice((1, 2))
        proposal = self.send(c.Propose(first, "random", "doc", wanted))
        if type(wanted).__name__ not in (*self.two_person_acts, *ALWAYS_TWO):
            return
        if dice.random() < 0.15:
            self.send(c.Approve(first, proposal, digest_of(wanted)))
            self.send(c.Approve(3 - first, proposal, bytes(32)))
            self.send(c.Approve(dice.choice((0, 3, -1)), proposal, digest_of(wanted)))
        self.send(c.Approve(3 - first, proposal, digest_of(wanted)))

    # ---- setting up -------------------------------------------------------------------------------------

    @property
    def two_person_acts(self) -> list[str]:
        """Acts that take two; no later rule book of the flow changes them."""
        found: list[str] = self.rules[1]["two_person_acts"]
        return found

    def found(self) -> None:
        """Found the market and fill it with accounts, instruments, cash and units."""
        self.send(founding(rulebook_text(self.rules[0], **self.rules[1])))
        dice = self.dice
        for product in ("CQEA", "CCER"):
            self.list_instrument(product)
        for _ in range(dice.randint(2, 5)):
            self.open_account()
        self.move_day()

    def open_account(self) -> None:
        """A new account with something in it; some have one owner."""
        dice = self.dice
        self.accounts += 1
        account = self.accounts
        owner = dice.choice((1, account, account))
        category = dice.choice(("key_emitter", "institution", "individual", "government"))
        self.act(c.OpenAccount(f"A{account}", owner, f"Account {account}", category))
        if category != "government":
            self.applicants.append(account)
        for amount in (dice.choice((50_000, 10_000_000, 10_000_000)), dice.randint(1, 99)):
            self.act(c.DepositCash(account, amount))
        for instrument in range(1, self.instruments + 1):
            if dice.random() < 0.9:
                kind = dice.choice(("free", "paid", "offset"))
                self.act(c.AllocateUnits(account, instrument, dice.choice((7, 300, 5000, 5000)), kind, 2025))
        if category == "key_emitter" and dice.random() < 0.4:
            self.act(c.PreallocateUnits(account, 1, 50, 2026, 0))
            self.act(c.TrueUpAllocation(account, 1, dice.choice((40, 50, 60)), 2026, 0))

    def list_instrument(self, product: str) -> None:
        """A new instrument, at the price around which everyone trades."""
        self.instruments += 1
        code = f"{product}-{self.instruments}"
        self.act(c.ListInstrument(code, product, 2020 + self.instruments, "某", "Some", self.centre))

    # ---- members ----------------------------------------------------------------------------------------

    def some_account(self) -> int:
        if self.dice.random() < 0.01:
            return self.dice.choice((0, -1, self.accounts + 1, 10**6))
        return self.dice.randint(1, self.accounts)

    def some_instrument(self) -> int:
        if self.dice.random() < 0.01:
            return self.dice.choice((0, -1, self.instruments + 1))
        return self.dice.choice((1, 1, self.dice.randint(1, self.instruments)))

    def some_price(self) -> int:
        dice = self.dice
        draw = dice.random()
        if draw < 0.008:
            return dice.choice(HUGE)
        if draw < 0.04:
            return dice.choice((1, self.centre * 9 // 10, self.centre * 11 // 10, self.centre * 11 // 10 + 1, 10**9))
        return self.centre + dice.randint(-5, 5)

    def some_tonnes(self) -> int:
        dice = self.dice
        draw = dice.random()
        if draw < 0.008:
            return dice.choice(HUGE)
        if draw < 0.03:
            return dice.choice((61, 2001, 99_999, 100_000, 10**9))
        return 5 * dice.randint(1, 8) if dice.random() < 0.8 else dice.randint(1, 30)

    def place(self) -> None:
        """A new order, sometimes under an id that was used before."""
        dice = self.dice
        if self.placed and dice.random() < 0.04:
            _, old = dice.choice(self.placed[-20:])
            if dice.random() < 0.5:
                self.send(old)
                return
            client_order_id = old.client_order_id
        else:
            self.ids += 1
            client_order_id = f"id-{self.ids}"
        side = dice.choice((BUY, SELL)) if dice.random() < 0.995 else dice.choice((0, 3, 2**63))
        life = DAY if dice.random() < 0.8 else dice.choice((IOC, IOC, IOC, FOK, FOK, FOK, FOK, 1))
        is_post_only = dice.random() < 0.08
        command = c.PlaceOrder(
            self.some_account(),
            self.some_instrument(),
            side,
            self.some_price(),
            self.some_tonnes(),
            life,
            client_order_id,
            is_post_only,
        )
        self.placed.append((self.send(command), command))

    def some_placed(self) -> tuple[int, int, str]:
        """(account, order, client order id) of an earlier order, named one way or the other; sometimes a wrong one."""
        dice = self.dice
        if not self.placed or dice.random() < 0.03:
            return self.some_account(), dice.choice((0, 1, -1, 2**62)), "never-used"
        lasting = [row for row in self.placed[-30:] if row[1].time_in_force == DAY] or self.placed
        number, command = dice.choice(lasting)
        account = command.account if dice.random() < 0.96 else self.some_account()
        if dice.random() < 0.5:
            return account, number, ""
        return account, 0, command.client_order_id

    def cancel(self) -> None:
        self.send(c.CancelOrder(*self.some_placed()))

    def replace(self) -> None:
        dice = self.dice
        account, number, client_order_id = self.some_placed()
        old = next((command for seq, command in self.placed if seq == number), None)
        price, tonnes = self.some_price(), self.some_tonnes()
        if old is not None and dice.random() < 0.6:
            price = old.price_ticks
            if dice.random() < 0.5:
                tonnes = max(1, old.tonnes - dice.choice((0, 1, 5)))
        self.send(c.ReplaceOrder(account, number, client_order_id, price, tonnes))

    def cancel_all(self) -> None:
        dice = self.dice
        self.send(
            c.CancelAll(self.some_account(), dice.choice((0, 0, 0, 1, 2, 9)), dice.choice((0, 0, 0, BUY, SELL, 3)))
        )

    # ---- operators --------------------------------------------------------------------------------------

    def some_act(self) -> None:
        """A registry or operator act, valid or not."""
        dice = self.dice
        account, instrument = self.some_account(), self.some_instrument()
        tonnes = dice.choice((1, 3, 5, 50, 50, 400, 0, -5, 10**9 + 1, 2**62))
        amount = dice.choice((1, 999, 100_000, 5_000_000, 0, -1, 10**18, 10**18 + 1))
        year = dice.choice((2025, 2025, 2026, 1999))
        scope = dice.choice((1, 2, 4, 6, 16, 31, 0, 32, -1))
        acts: tuple[AnyAct, ...] = (
            c.DepositCash(account, amount),
            c.WithdrawCash(account, amount),
            c.AllocateUnits(account, instrument, tonnes, dice.choice(("free", "paid", "gift")), year),
            c.SurrenderUnits(account, instrument, tonnes, year, dice.random() < 0.4),
            self.some_emissions(year),
            c.SetAllocationPlan(year, dice.choice((0, 5_000, 100_000, -1)), dice.choice((0, 50)), "plan"),
            c.ImportAllocations(year, self.some_issues(), "a" * 64, dice.choice((0, 20260511))),
            self.some_move(account, instrument, tonnes),
            self.some_move(account, instrument, tonnes),
            c.PreallocateUnits(account, instrument, tonnes, year, dice.choice((0, 20260511, 7))),
            c.TrueUpAllocation(account, instrument, tonnes, year, 0),
            self.some_measure(account, scope),
            self.some_measure(account, scope),
            self.some_measure(account, scope),
            c.OpenAccount(dice.choice(("A1", "B 2")), 1, "", dice.choice(("individual", "nobody"))),
            c.ListInstrument(dice.choice(("CQEA-1", "X")), dice.choice(("CQEA", "NONE")), 2020, "", "", 0),
        )
        wanted = dice.choice(acts)
        if isinstance(wanted, c.PreallocateUnits) and dice.random() < 0.7:
            self.act(wanted)
            wanted = c.TrueUpAllocation(account, instrument, dice.choice((0, 3, tonnes, 500)), year, 0)
        elif isinstance(wanted, c.EncumberUnits) and dice.random() < 0.5:
            self.act(c.EncumberUnits(account, instrument, dice.choice((1, 3, 5)), "pledge", "a lender"))
            wanted = c.ReleaseUnits(dice.choice((1, 1, 2)), dice.choice((1, 1, 3)))
        elif isinstance(wanted, c.ImportEmissions) and dice.random() < 0.5:
            wanted = c.ImportEmissions(2025, ((account, 50, 20260420),), 0, "a" * 64)
        elif isinstance(wanted, c.Restrict) and dice.random() < 0.3:
            self.act(c.Restrict(account, 2, "random"))
            wanted = c.ReviewRestriction(dice.choice((1, 1, 2)), self.day + 5)
        if isinstance(wanted, c.OpenAccount) and dice.random() < 0.3:
            self.open_account()
            return
        if dice.random() < 0.05:
            self.send(c.Propose(dice.choice((0, 3, -1)), "nobody", "", wanted))
        elif dice.random() < 0.03:
            self.send(c.Propose(1, "x" * 201, "", wanted))
        else:
            self.act(wanted)

    def adopt_rules(self) -> None:
        """Another rule book for a later day, mostly one that a running market may change to."""
        dice = self.dice
        products, rules = random_rules(dice)
        if dice.random() < 0.9:
            for code, product in products.items():
                for key in ("kind", "tick_fen", "lock_days"):
                    if key in self.rules[0][code]:
                        product[key] = self.rules[0][code][key]
        if dice.random() < 0.05:
            del products["CCER"]
        rules["two_person_acts"] = self.two_person_acts
        self.version += dice.choice((1, 1, 1, 2, 0))
        rules["version"] = self.version
        text = rulebook_text(products, **rules)
        if dice.random() < 0.05:
            text = text.replace("tick_fen", "tock_fen")
        said = self.version if dice.random() < 0.95 else self.version + 1
        effective = self.day + dice.choice((0, 1, 1, 1, 2, 5))
        approvals = dice.choice((("No. 1",), ("No. 1", "No. 2"), ("No. 1", "No. 2"), (), (" ",)))
        self.act(c.AdoptRuleBook(text, said, effective, approvals))

    def some_move(self, account: int, instrument: int, tonnes: int) -> AnyAct:
        """Units that are frozen, released, taken away, given or canceled."""
        dice = self.dice
        number, other = dice.randint(1, 6), self.some_account()
        moves: tuple[AnyAct, ...] = (
            c.EncumberUnits(
                account, instrument, tonnes, dice.choice(("freeze", "freeze", "pledge", "withdrawn", "x")), ""
            ),
            c.ReleaseUnits(number, tonnes),
            c.EnforceEncumbrance(number, tonnes, other),
            c.TransferUnits(account, other, instrument, tonnes, dice.choice(("gift", "court", "reserve", "x"))),
            c.CancelUnits(account, instrument, tonnes, dice.choice(("voluntary", "voluntary", "reserve", "x"))),
        )
        return dice.choice(moves)

    def some_measure(self, account: int, scope: int) -> AnyAct:
        """A restriction, often with its days, or what follows from one; a case and its steps; an order to reduce."""
        dice = self.dice
        days = [dice.choice((0, 0, 0, self.day, self.day + 1, self.day + 2, 7)) for _ in range(3)]
        number, case = dice.randint(1, 4), dice.choice((0, 0, 1, 2))
        word = dice.choice(("note", "reminder", "answer", "scolding"))
        finding = dice.choice(("confirmed", "unfounded", "guilty"))
        text = dice.choice(("why", "why", ""))
        product = dice.choice(("CQEA", "CQEA", "CCER", "NONE"))
        measures: tuple[AnyAct, ...] = (
            c.Restrict(account, scope, "random"),
            c.Restrict(account, scope, "random", *days, case=case),
            c.Restrict(account, scope, "random", self.day + 1, self.day + dice.choice((1, 2))),
            c.LiftRestriction(account, dice.choice((31, 31, scope))),
            c.LiftRestriction(account, 31),
            c.LiftRestriction(account, dice.choice((31, scope)), number),
            c.ReviewRestriction(number, days[2]),
            c.OpenCase(account, text, ("M-1",)),
            c.AddCaseStep(dice.randint(1, 3), word, text, days[0]),
            c.CloseCase(dice.randint(1, 5), finding, text),
            c.OrderReduction(account, product, dice.choice((0, 5, 4000, 10**9)), days[0] or self.day + 1, text, case),
        )
        return dice.choice(measures)

    def report_holding(self) -> None:
        """A large holder's report, or what says it is one."""
        dice = self.dice
        product, words = (
            dice.choice(("CQEA", "CQEA", "CCER", "NONE")),
            dice.choice(("to comply",) * 4 + ("x" * 501, "")),
        )
        self.send(c.FileHolderReport(self.some_account(), product, words, "own", ""))

    def void(self) -> None:
        """Void a trade. The market takes the facts from who commands it, so they need not be of a trade that was."""
        dice = self.dice
        tonnes, fees = dice.choice((1, 5, 5, 40)), (dice.choice((0, 0, 1, 300)), dice.choice((0, 0, 1)))
        day, number = dice.choice((self.day, self.day, self.day - 1)), dice.choice((1, 1, 2, 3))
        buyer, seller, instrument = self.some_account(), self.some_account(), self.some_instrument()
        facts = TradeFacts(
            day, number, "continuous", instrument, self.centre, tonnes, self.centre * tonnes, buyer, 1, fees[0], seller, 2,
            fees[1], dice.random() < 0.3,
        )  # fmt: skip
        self.act(
            c.VoidTrade(
                dice.choice((1, 1, 2, 2, 3, 4, dice.randint(1, 40), 0)), dice.choice(("wrong",) * 9 + ("",)), facts
            )
        )

    def some_issues(self) -> tuple[tuple[int, int, str, int], ...]:
        """The rows of an allocation file, mostly right."""
        dice = self.dice
        kinds = ("free", "free", "paid", "preallocation", "preallocation", "reserve", "gift")
        return tuple(
            (self.some_account(), self.some_instrument(), dice.choice(kinds), dice.choice((1, 30, 400, 5_000, 0)))
            for _ in range(dice.choice((1, 1, 2, 3, 0)))
        )

    def some_emissions(self, year: int) -> c.ImportEmissions:
        """A file of verified emissions, mostly right."""
        dice = self.dice
        rows = tuple(
            (self.some_account(), dice.choice((0, 3, 50, 400, 5000, -1)), dice.choice((20260420, 20260420, 20261301)))
            for _ in range(dice.choice((1, 1, 2, 0)))
        )
        return c.ImportEmissions(year, rows, dice.choice((0, 20260511, 7)), "a" * dice.choice((64, 64, 63)))

    def strange_approval(self) -> None:
        """Approve or reject something that may not be there, or too late."""
        dice = self.dice
        seq = dice.randint(0, len(self.entries))
        if seq and isinstance(command := self.entries[seq - 1].command, c.Propose):
            if dice.random() < 0.3:
                self.at_ns += 3_600_000_000_000 * dice.choice((1, 23, 24))
            self.send(c.Approve(dice.choice((1, 2)), seq, digest_of(command.act)))
        else:
            self.send(c.Reject(dice.choice((1, 2, 9)), seq, "no"))

    def leave_pending(self) -> None:
        """Propose something that takes two and leave it, or turn it down."""
        if not self.two_person_acts:
            return
        if "DepositCash" in self.two_person_acts:
            wanted: AnyAct = c.DepositCash(self.some_account(), self.dice.choice((0, 777)))
        else:
            wanted = c.OpenAccount("A1", 1, "", "individual")
        seq = self.send(c.Propose(1, "later", "", wanted))
        if self.dice.random() < 0.4:
            self.send(c.Reject(self.dice.choice((1, 2)), seq, "changed my mind"))

    def halt(self) -> None:
        """Halt or resume; what stays halted is resumed with the next day."""
        dice = self.dice
        self.act(dice.choice((c.Halt, c.Resume))(dice.choice((0, 1, 2, 99))))
        if dice.random() < 0.7:
            for _ in range(dice.randint(0, 4)):
                self.place()
            for instrument in (0, 1, 2):
                self.act(c.Resume(instrument))

    def move_day(self) -> None:
        """Go one valid step on in the day; sometimes try an invalid one as well."""
        dice = self.dice
        if dice.random() < 0.1:
            wrong = dice.choice((phases.CLOSED, phases.PRE_OPEN, 9, -1))
            self.act(c.ChangePhase(wrong))
        if self.phase == phases.CLOSED:
            for instrument in (0, 1, 2):
                self.act(c.Resume(instrument))
            if dice.random() < 0.3:
                self.act(c.OpenDay(self.day))
            self.day += dice.choice((1, 1, 3))
            self.act(c.OpenDay(self.day))
            # an OpenDay of the first day, 20260104, may have been valid above
            self.phase = phases.PRE_OPEN
            return
        following = phases.TRANSITIONS[self.phase]
        if not following or dice.random() < 0.12:
            self.act(c.CloseDay())
            self.phase = phases.CLOSED
            return
        if phases.is_call(self.phase) and dice.random() < 0.1:
            self.act(c.Halt(dice.choice((0, 1))))  # a halted call ends without trading
        # mostly towards trading
        self.phase = (
            phases.CONTINUOUS if phases.CONTINUOUS in following and dice.random() < 0.5 else dice.choice(following)
        )
        self.act(c.ChangePhase(self.phase))

    # ---- one-way auctions -------------------------------------------------------------------------------

    def move_auction(self) -> None:
        """A notice of a participant that sells or buys, its window, its bids and its end; some come at the wrong time."""
        dice = self.dice
        likely = max(1, (self.notices + 1) // 3)  # not every notice was taken
        draw, auction = dice.random(), dice.choice((likely, likely, likely, dice.randint(1, likely + 1)))
        if draw < 0.12 or not self.notices:
            self.announce()
            self.act(c.OpenAuction(max(1, (self.notices + 1) // 3)))
        elif draw < 0.32:
            self.act(c.OpenAuction(auction))
        elif draw < 0.38:
            self.act(c.CloseAuction(auction))
        elif draw < 0.385:
            self.act(c.CancelAuction(auction))
        elif draw < 0.4:
            bidder = self.bids[-1][1].account if self.bids else 1
            scope = dice.choice((units.RESTRICT_BUY, units.RESTRICT_SELL, units.RESTRICT_TRADING))
            self.act(c.Restrict(dice.choice((self.applicant, bidder)), scope, "random"))
        elif draw < 0.46 and self.bids:
            number, bid = dice.choice(self.bids[-6:])
            self.send(c.WithdrawBid(bid.account if dice.random() < 0.9 else self.some_account(), number))
        else:
            for _ in range(dice.choice((1, 2, 3))):
                self.bid(auction)

    def some_applicant(self) -> int:
        """An account that may apply, mostly: the government's may not."""
        return (
            self.dice.choice(self.applicants) if self.applicants and self.dice.random() < 0.9 else self.some_account()
        )

    def announce(self) -> None:
        """A notice, mostly one that can be taken."""
        dice = self.dice
        self.notices += 1
        self.applicant = account = self.some_applicant()
        code = f"w{self.notices}" if dice.random() < 0.97 else "w1"
        lot, is_sale = dice.choice((5, 5, 10, 1)), dice.random() < 0.5
        limits = (0, self.centre - 3) if is_sale else (self.centre + 3, self.centre + 3, self.centre, 0)
        fee_ppm = dice.choice((0, 700, 40_000))
        everyone = ("key_emitter", "institution", "individual")
        self.act(
            c.AnnounceAuction(
                code, "sale" if is_sale else "purchase", dice.choice(("sealed_uniform", "sealed_pay_as_bid")),
                self.some_instrument(), lot * dice.choice((4, 8, 8, 16, 16, 2000)), account, account,
                self.day + dice.choice((*(0,) * 12, 1, -1)), dice.choice((everyone,) * 5 + (("individual",),)),
                lot * dice.choice((1, 1, 2)), lot, dice.choice(("time", "pro_rata")),
                dice.choice(("partial", "partial", "cancel")), (1,), limit_ticks=dice.choice(limits),
                reserve_ticks=dice.choice((0, 0, self.centre)), cap_bp=dice.choice((0, 0, 5_000, 10_000)),
                fee_ppm=dice.choice((0, 700, 3333)), withdrawable=dice.random() < 0.7,
                seller_fee_ppm=fee_ppm if is_sale else 0, buyer_fee_ppm=0 if is_sale else fee_ppm,
            )
        )  # fmt: skip

    def bid(self, auction: int) -> None:
        """A bid or an offer, sometimes in place of another, or under its id."""
        dice = self.dice
        number, old = dice.choice(self.bids[-6:]) if self.bids else (0, None)
        if old is not None and dice.random() < 0.05:
            self.send(old)
            return
        is_changed = old is not None and dice.random() < 0.25
        others = [number for number in range(1, self.accounts + 1) if number != self.applicant]
        account = dice.choice(others) if dice.random() < 0.85 else self.some_account()
        account = old.account if old is not None and is_changed else account
        auction = old.auction if old is not None and is_changed else auction
        self.ids += 1
        name = old.client_bid_id if old is not None and dice.random() < 0.03 else f"bid-{self.ids}"
        replaces = number if is_changed else 0
        command = c.PlaceBid(account, auction, self.some_price(), self.some_tonnes(), name, replaces)
        self.bids.append((self.send(command), command))

    def step(self) -> None:
        """One thing that happens."""
        if self.has_auctions and self.dice.random() < 0.4:
            self.move_auction()
            return
        draw = self.dice.random()
        is_open = phases.ALLOWS[self.phase][0]
        if not is_open and self.dice.random() < 0.35:
            self.move_day()
        elif draw < 0.57:
            self.place()
        elif draw < 0.67:
            self.cancel()
        elif draw < 0.79:
            self.replace()
        elif draw < 0.81:
            self.cancel_all()
        elif draw < 0.86:
            self.some_act()
        elif draw < 0.87:
            self.strange_approval()
        elif draw < 0.876:
            self.leave_pending()
        elif draw < 0.8785:
            self.report_holding()
        elif draw < 0.88:
            self.adopt_rules()
        elif draw < 0.895:
            self.halt()
        elif draw < 0.90 and self.instruments < 3:
            self.list_instrument(self.dice.choice(("CQEA", "CCER")))
        elif draw < 0.914:
            self.void()
        elif draw < 0.975 and is_open:
            self.place()
        else:
            self.move_day()


def random_flow(seed: int, commands: int, has_auctions: bool = False) -> list[Entry]:
    """At least so many commands, the first of which found and fill the market; with one-way auctions among them, or without."""
    dice = random.Random(seed)
    flow = Flow(dice, rules=random_rules(dice), centre=dice.choice((1000, 1000, 37, 5000)), has_auctions=has_auctions)
    flow.found()
    target = len(flow.entries) + commands
    while len(flow.entries) < target:
        flow.step()
    return flow.entries
