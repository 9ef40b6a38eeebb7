"""Files of other systems: taken whole, or refused with a row for everything that is wrong."""

import hashlib

import pytest

from yutan.imports import FILE_BYTES_MAX, ImportRefused, RowFault, read_emissions

CATEGORIES = {"K001": "key_emitter", "K002": "key_emitter", "INV": "institution"}
HEAD = "account,emissions_t,reported_on\n"


def faults(text: str | bytes) -> list[RowFault]:
    with pytest.raises(ImportRefused) as refused:
        read_emissions(text.encode() if isinstance(text, str) else text, CATEGORIES)
    return refused.value.faults


def test_a_good_file_is_read_with_its_hash() -> None:
    content = ("\ufeff" + HEAD + 'K001,120000,2026-04-20\r\n"K002", 0 ,2026-05-02\r\n\r\n').encode()
    found = read_emissions(content, CATEGORIES)
    assert found.rows == [["K001", 120_000, "2026-04-20"], ["K002", 0, "2026-05-02"]]
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_every_wrong_row_is_named_at_once() -> None:
    text = HEAD + "K001,1.5,2026-04-20\nZ9,5,2026-02-30\nINV,5,2026-04-20\nK002,5\nK001,007,2026-04-20\n"
    assert [(fault.line, fault.column) for fault in faults(text)] == [
        (2, "emissions_t"),
        (3, "account"),
        (3, "reported_on"),
        (4, "account"),
        (5, ""),
        (6, "account"),  # K001 a second time
        (6, "emissions_t"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the header must be"),
        ("code,tonnes\n", "the header must be"),
        (HEAD, "the file has no rows"),
        (b"\xff\xfe", "is not UTF-8"),
        (HEAD + '"K001', "is not CSV"),
        (b"x" * (FILE_BYTES_MAX + 1), "bytes; at most"),
        (HEAD + "K001,1,2026-04-20\n" * 2_001, "rows; at most 2000"),
        (HEAD + "K001,1000000001,2026-04-20\n", "whole tonnes"),
        (HEAD + "K001,-1,2026-04-20\n", "whole tonnes"),
        (HEAD + "K001,,2026-04-20\n", "whole tonnes"),
        (HEAD + "K001,1,20260420\n", "a day"),
    ],
)
def test_what_is_no_such_file_is_refused(text: str | bytes, problem: str) -> None:
    assert any(problem in fault.problem for fault in faults(text))
