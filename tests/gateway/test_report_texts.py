"""A report that is put together from pieces is, byte for byte, what the encoder writes."""

from collections import Counter

import pytest

from engine.core.market import Market
from gateway.directory import Directory
from gateway.exec_report import CANCELED, NEW, REPLACED, TRADE, Facts, Report
from gateway.reports import ReportWriter
from tests.testkit.flows import random_flow


@pytest.mark.parametrize("seed", range(4))
def test_each_report_of_a_random_market_has_the_encoders_text(seed: int) -> None:
    market, writer = Market(), ReportWriter(Directory())
    seen: Counter[tuple[int, bool, bool]] = Counter()
    for entry in random_flow(seed, 3_000, has_auctions=True):
        written: list[Facts] = []
        writer.write(entry.at_ns, market.apply(entry), written)
        for facts in written:
            report = Report(*facts)
            assert writer.text_of(facts) == writer.text(report)
            seen[report.tells, report.cum > 0, report.reason > 0] += 1
    for tells, has_fills in ((NEW, False), (TRADE, True), (CANCELED, False), (CANCELED, True), (REPLACED, False)):
        assert seen[tells, has_fills, False] > 0
    assert any(has_reason for _, _, has_reason in seen)
