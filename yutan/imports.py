"""Files that other systems hand over, read whole or not at all: every wrong row is named before anything is sent."""

import csv
import hashlib
import io
import re
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from engine.core.allocation_file import AHEAD, ALLOCATION_ROWS_MAX, KINDS
from engine.core.compliance import EMISSION_ROWS_MAX, KEY_EMITTER
from engine.core.days import BANK_ROWS_MAX
from engine.core.positions import GOVERNMENT
from engine.core.rulebook import RuleBookError, parse
from engine.core.units import TONNES_MAX
from engine.view import MarketView
from gateway.console_desk import FileContent
from gateway.protocol import prices, times
from gateway.protocol.console_wire import FileFault

FILE_BYTES_MAX: Final = 1_048_576
EMISSION_COLUMNS: Final = ("account", "emissions_t", "reported_on")
ALLOCATION_COLUMNS: Final = ("account", "instrument", "kind", "tonnes")
HOLDERS: Final = {"free": KEY_EMITTER, AHEAD: KEY_EMITTER, "reserve": GOVERNMENT}  # kind -> who may have it
BANK_COLUMNS: Final = ("account", "opening", "credit", "debit", "closing")
BANK_OWN: Final = ("#fees", "#reserve", "#total")
_MONEY: Final = re.compile(r"-?(0|[1-9][0-9]{0,12})\.[0-9]{2}", re.ASCII)
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


class RowFault(NamedTuple):
    """What is wrong with a row: its line in the file (the header is line 1), the column ("" = the whole row) and why."""

    line: int
    column: str
    value: str
    problem: str


class ImportRefused(ValueError):
    """The file cannot be taken; `faults` has a row for everything that is wrong with it."""

    def __init__(self, faults: list[RowFault]) -> None:
        super().__init__(f"{len(faults)} wrong: nothing was imported")
        self.faults = faults


def read_file(kind: str, content: bytes, view: MarketView) -> FileContent:
    """Read a file that was handed over at the operators' door. kind: allocations | emissions | bank | rulebook."""
    categories = {account.code: account.category for account in view.accounts()}
    act = {"bank": "import_bank_file", "rulebook": "adopt_rule_book"}.get(kind, f"import_{kind}")
    try:
        if kind == "allocations":
            issues, sha256 = read_allocations(content, categories, [row.code for row in view.instruments()])
            return FileContent(act, {"issues": issues, "sha256": sha256}, len(issues), [])
        if kind == "emissions":
            rows, sha256 = read_emissions(content, categories)
            return FileContent(act, {"rows": rows, "sha256": sha256}, len(rows), [])
        if kind == "bank":
            found = read_bank_file(content, categories)
            return FileContent(act, found._asdict(), len(found.balances), [])
        text = content.decode("utf-8")
        book = parse(text)
        return FileContent(act, {"rulebook": text, "version": book.version}, len(book.provenance), [])
    except ImportRefused as refused:
        faults = [FileFault(*fault) for fault in refused.faults]
    except RuleBookError as error:
        faults = [FileFault(0, "", "", fault) for fault in error.faults]
    except UnicodeDecodeError as error:
        faults = [FileFault(0, "", "", f"the file is not UTF-8: {error.reason} at byte {error.start}")]
    return FileContent(act, {}, 0, faults)


class Emissions(NamedTuple):
    """A reporting system's file: [account code, tonnes, day yyyy-mm-dd] for each unit, and the SHA-256 of its bytes."""

    rows: list[list[Any]]
    sha256: str


def read_emissions(content: bytes, categories: dict[str, str]) -> Emissions:
    """Read verified emissions: CSV in UTF-8 (a BOM is allowed) with the header account,emissions_t,reported_on.

    categories: account code -> category of every account there is. Raises `ImportRefused` with all faults at once.
    """
    faults: list[RowFault] = []
    rows: list[list[Any]] = []
    first_lines: dict[str, int] = {}
    for line, fields in _table(content, EMISSION_COLUMNS, EMISSION_ROWS_MAX, faults):
        before = len(faults)
        account, emissions, reported_on = fields
        if account not in categories:
            faults.append(RowFault(line, "account", account, "there is no such account"))
        elif categories[account] != KEY_EMITTER:
            faults.append(RowFault(line, "account", account, f"is a {categories[account]}, not a key emitter"))
        elif account in first_lines:
            faults.append(RowFault(line, "account", account, f"stands in line {first_lines[account]} already"))
        else:
            first_lines[account] = line
        if not _WHOLE.fullmatch(emissions) or int(emissions) > TONNES_MAX:
            faults.append(RowFault(line, "emissions_t", emissions, f"must be whole tonnes from 0 to {TONNES_MAX}"))
        if not _is_day(reported_on):
            faults.append(RowFault(line, "reported_on", reported_on, "must be a day yyyy-mm-dd"))
        if len(faults) == before:
            rows.append([account, int(emissions), reported_on])
    if not rows and not faults:
        faults.append(RowFault(1, "", "", "the file has no rows"))
    if faults:
        raise ImportRefused(sorted(faults))
    return Emissions(rows, hashlib.sha256(content).hexdigest())


class Allocations(NamedTuple):
    """An allocation file: [account code, instrument code, kind, tonnes] for each row, and the SHA-256 of its bytes."""

    issues: list[list[Any]]
    sha256: str


def read_allocations(content: bytes, categories: dict[str, str], instruments: Collection[str]) -> Allocations:
    """Read an allocation file: CSV in UTF-8 (a BOM is allowed) with the header account,instrument,kind,tonnes.

    categories: account code -> category of every account there is. Raises `ImportRefused` with all faults at once.
    """
    faults: list[RowFault] = []
    rows: list[list[Any]] = []
    first_lines: dict[tuple[str, ...], int] = {}
    for line, fields in _table(content, ALLOCATION_COLUMNS, ALLOCATION_ROWS_MAX, faults):
        before = len(faults)
        account, instrument, kind, tonnes = fields
        holder = HOLDERS.get(kind)
        if account not in categories:
            faults.append(RowFault(line, "account", account, "there is no such account"))
        elif holder is not None and categories[account] != holder:
            faults.append(RowFault(line, "account", account, f"is a {categories[account]}; {kind} is for a {holder}"))
        if instrument not in instruments:
            faults.append(RowFault(line, "instrument", instrument, "there is no such instrument"))
        if kind not in KINDS:
            faults.append(RowFault(line, "kind", kind, f"must be one of {', '.join(KINDS)}"))
        if not _WHOLE.fullmatch(tonnes) or not 0 < int(tonnes) <= TONNES_MAX:
            faults.append(RowFault(line, "tonnes", tonnes, f"must be whole tonnes from 1 to {TONNES_MAX}"))
        same = first_lines.setdefault((account, instrument, kind), line)
        if same != line:
            faults.append(RowFault(line, "", ",".join(fields[:3]), f"stands in line {same} already"))
        if len(faults) == before:
            rows.append([account, instrument, kind, int(tonnes)])
    if not rows and not faults:
        faults.append(RowFault(1, "", "", "the file has no rows"))
    if faults:
        raise ImportRefused(sorted(faults))
    return Allocations(rows, hashlib.sha256(content).hexdigest())


class BankFile(NamedTuple):
    """A bank's file, as the act takes it: [account code, closing balance], the exchange's own accounts, the whole, the SHA-256."""

    balances: list[list[str]]
    fees: str
    reserve: str
    total: str
    sha256: str


def read_bank_file(content: bytes, accounts: Collection[str]) -> BankFile:
    """Read the settlement bank's file: CSV in UTF-8 (a BOM is allowed) with the header account,opening,credit,debit,closing.

    One row a sub-account, money in yuan with two places; `#fees`, `#reserve` (may be left out) and, last, `#total` are the
    exchange's fee account, its risk reserve and the special account. accounts: every account there is. Raises
    `ImportRefused` with all faults at once.
    """
    faults: list[RowFault] = []
    closing: dict[str, int] = {}
    lines: dict[str, int] = {}
    for line, fields in _table(content, BANK_COLUMNS, BANK_ROWS_MAX + len(BANK_OWN), faults):
        account = fields[0]
        if account not in accounts and account not in BANK_OWN:
            faults.append(RowFault(line, "account", account, "there is no such account"))
        elif account in lines:
            faults.append(RowFault(line, "account", account, f"stands in line {lines[account]} already"))
        wrong = [
            RowFault(line, column, text, "must be an amount in yuan with two places")
            for column, text in zip(BANK_COLUMNS[1:], fields[1:], strict=True)
            if not _MONEY.fullmatch(text)
        ]
        faults += wrong
        if wrong:
            continue
        opening, credit, debit, closed = (_fen(text) for text in fields[1:])
        if min(credit, debit) < 0:
            faults.append(RowFault(line, "credit", fields[2], "credit and debit are amounts from 0"))
        elif opening + credit - debit != closed:
            expected = _yuan(opening + credit - debit)
            faults.append(RowFault(line, "closing", fields[4], f"opening and movements make {expected}"))
        lines.setdefault(account, line)
        closing.setdefault(account, closed)
    if not faults:
        faults += _bank_faults(closing, lines)
    if faults:
        raise ImportRefused(sorted(faults))
    balances = [[account, _yuan(fen)] for account, fen in closing.items() if account not in BANK_OWN]
    fees, reserve, total = (_yuan(closing.get(own, 0)) for own in BANK_OWN)
    return BankFile(balances, fees, reserve, total, hashlib.sha256(content).hexdigest())


def _bank_faults(closing: dict[str, int], lines: dict[str, int]) -> list[RowFault]:
    """The own accounts that must be there, and whether the balances add up to the whole."""
    missing = [RowFault(1, "account", own, "has no row") for own in ("#fees", "#total") if own not in closing]
    if missing:
        return missing
    added = sum(fen for account, fen in closing.items() if account != "#total")
    if added == closing["#total"]:
        return []
    problem = f"the rows add up to {_yuan(added)}"
    return [RowFault(lines["#total"], "closing", _yuan(closing["#total"]), problem)]


def _fen(text: str) -> int:
    return int(text.replace(".", ""))


def _yuan(fen: int) -> str:
    return prices.money_text(fen)


def _is_day(text: str) -> bool:
    try:
        return times.day_number(text) > 0
    except ValueError:
        return False


def _table(
    content: bytes, columns: tuple[str, ...], rows_max: int, faults: list[RowFault]
) -> list[tuple[int, list[str]]]:
    """(line, fields) of every row that has the columns of the header; what has not goes to `faults`."""
    if len(content) > FILE_BYTES_MAX:
        faults.append(RowFault(0, "", "", f"the file has {len(content)} bytes; at most {FILE_BYTES_MAX} are taken"))
        return []
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        lines = [(reader.line_num, [field.strip() for field in fields]) for fields in reader if fields]
    except UnicodeDecodeError as error:
        faults.append(RowFault(0, "", "", f"the file is not UTF-8: {error.reason} at byte {error.start}"))
        return []
    except csv.Error as error:
        faults.append(RowFault(0, "", "", f"the file is not CSV: {error}"))
        return []
    if not lines or tuple(lines[0][1]) != columns:
        shown = ",".join(lines[0][1])[:200] if lines else ""
        faults.append(RowFault(1, "", shown, f"the header must be {','.join(columns)}"))
        return []
    if len(lines) - 1 > rows_max:
        faults.append(RowFault(0, "", "", f"the file has {len(lines) - 1} rows; at most {rows_max} are taken"))
        return []
    found: list[tuple[int, list[str]]] = []
    for line, fields in lines[1:]:
        if len(fields) == len(columns):
            found.append((line, fields))
        else:
            faults.append(
                RowFault(line, "", ",".join(fields)[:200], f"has {len(fields)} fields instead of {len(columns)}")
            )
    return found
