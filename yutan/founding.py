"""Founding: the first entry of a fresh journal, with the rule book's whole text and at least two operators."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engine import notices
from engine.clock import wall_ns
from engine.core import rulebook
from engine.core.commands import Entry, Found
from engine.core.market import Market
from engine.journal import Journal
from yutan import folder, keys

DEFAULT_OPERATORS = ("li-qing", "wang-heng")


class FoundingError(Exception):
    """The market cannot be founded here or like this."""


class Founding(NamedTuple):
    """What was founded: market name, rule book version, the operators' key files by person, and the public key (hex) by which
    anyone can check what the exchange publishes."""

    folder: str
    market: str
    rulebook_version: int
    operator_keys: dict[str, str]
    exchange_key: str


def found(data: Path, text: str, persons: Sequence[str]) -> Founding:
    """Found a market in a fresh folder. Raises FoundingError, and KeyFileError for key files that are there already."""
    if folder.is_founded(data):
        raise FoundingError(f"{data}: a market was founded here already")
    try:
        book = rulebook.parse(text)
    except rulebook.RuleBookError as error:
        raise FoundingError(f"rule book: {error}") from error
    if len(set(persons)) < 2:
        raise FoundingError("a market needs two different operators, so that one can check the other")
    folder.keys(data).mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = {person: folder.keys(data) / f"{person}.pem" for person in persons}
    operators = tuple((person, person, keys.public_bytes(keys.load_or_create(path))) for person, path in paths.items())
    exchange_key = keys.public_bytes(keys.load_or_create(folder.exchange_key(data))).hex()
    command = Found(text, operators, notices.for_pattern(book.calendar))
    at_ns = wall_ns()
    Market().apply(Entry(1, at_ns, command))
    folder.journal(data).mkdir(parents=True, exist_ok=True)
    journal = Journal.open(folder.journal(data))
    try:
        journal.append_commands(at_ns, [command])
    finally:
        journal.close()
    shown = {person: str(path) for person, path in paths.items()}
    return Founding(str(data), book.market, book.version, shown, exchange_key)
