"""What a verification says: each thing that is not as it must be, by kind, file, place, what was expected and found."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

FINDINGS_MAX: Final = 200

JOURNAL: Final = "journal"
LEDGER: Final = "ledger"
TRAIL: Final = "audit trail"
DOCUMENTS: Final = "documents"
CHECKPOINTS: Final = "checkpoints"
SNAPSHOTS: Final = "snapshots"
STORES: Final = "stores"
REPLAY: Final = "replay"

EXIT_SEVERAL: Final = 65
EXIT_CODES: Final = {
    JOURNAL: 81, LEDGER: 82, TRAIL: 83, DOCUMENTS: 84, CHECKPOINTS: 85, SNAPSHOTS: 86, STORES: 87, REPLAY: 88,
}  # fmt: skip


class Finding(NamedTuple):
    """One thing that is wrong. `file` is relative to the data folder; `place` says where in it."""

    kind: str
    file: str
    place: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.file}, {self.place}: expected {self.expected}, found {self.found}"


class Report:
    """Gathers findings and counts checks by kind; `notes` are what a reader should know and is not wrong.

    At most FINDINGS_MAX findings are kept; `left_out` counts the others.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.checks: dict[str, int] = defaultdict(int)
        self.notes: list[str] = []
        self.left_out = 0

    def expect(self, kind: str, file: str, place: str, expected: object, found: object) -> bool:
        """One check: both values must be equal. Returns whether they are."""
        self.checks[kind] += 1
        if expected == found and type(expected) is type(found):
            return True
        self._add(Finding(kind, file, place, _shown(expected), _shown(found)))
        return False

    def require(self, kind: str, file: str, place: str, is_so: bool, expected: str, found: object) -> bool:
        """One check whose rule is not equality."""
        self.checks[kind] += 1
        if not is_so:
            self._add(Finding(kind, file, place, expected, _shown(found)))
        return is_so

    def wrong(self, kind: str, file: str, place: str, expected: str, found: object) -> None:
        """Something that is wrong without more ado."""
        self.require(kind, file, place, False, expected, found)

    def _add(self, finding: Finding) -> None:
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)
        else:
            self.left_out += 1


def exit_code(findings: Sequence[Finding]) -> int:
    """0 without findings, the kind's own code where all are of one kind, else EXIT_SEVERAL."""
    kinds = {finding.kind for finding in findings}
    if not kinds:
        return 0
    return EXIT_CODES[kinds.pop()] if len(kinds) == 1 else EXIT_SEVERAL


def _shown(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 300 else text[:300] + "…"
