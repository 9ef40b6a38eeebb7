"""A rule book is read whole or refused with every fault named."""

import tomllib
from pathlib import Path

import pytest

from engine.core import phases, rulebook, rulewords
from engine.core.rulebook import RuleBookError

TEXT = rulebook.shipped("chongqing")
UNKNOWN = (
    "holding_limit_tonnes",
    "large_holder_tonnes",
    "large_holders_published",
    "holders_max",
    "auction_seller_published",
    "auction_buyer_published",
    "unit_zh",
    "unit_en",
)  # no Chongqing text has a value
UNKNOWN_HOURS = ("transfer_hours", "cash_in_hours", "cash_out_hours")  # nor these
HOURS = "[day]\n" + "".join(
    f'{key} = {{ value = ["09:00", "09:25"], source = "CN-UI", confidence = "unknown" }}\n' for key in UNKNOWN_HOURS
)
CAPITAL = """[settlement]
risk_reserve_max_fen = { value = 1000000000, source = "CN-SH: the registered capital", confidence = "unknown" }
"""
LIMITS = """[product.CQEA]
holding_limit_tonnes = { value = 1000000, source = "BJ 4.5.2", confidence = "confirmed" }
large_holder_tonnes = { value = 500000, source = "BJ 4.5.4", confidence = "confirmed" }
large_holders_published = { value = true, source = "BJ 4.5.4", confidence = "confirmed" }
holders_max = { value = 200, source = "CN-38", confidence = "confirmed-2" }
auction_seller_published = { value = true, source = "a notice", confidence = "design" }
auction_buyer_published = { value = true, source = "a notice", confidence = "design" }
unit_zh = { value = "吨", source = "CQ-M Art. 33", confidence = "confirmed" }
unit_en = { value = "t", source = "translation", confidence = "design" }
"""


def faults(text: str) -> list[str]:
    with pytest.raises(RuleBookError) as caught:
        rulebook.parse(text)
    return caught.value.faults


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


@pytest.mark.parametrize("name", rulebook.shipped_names())
def test_every_shipped_book_is_a_rule_book_named_like_its_file(name: str) -> None:
    assert rulebook.parse(rulebook.shipped(name)).market == name


def test_the_books_are_shipped() -> None:
    markets = [
        "chongqing", "chongqing-call", "chongqing-discharge", "chongqing-water",
        "guangdong", "hubei", "national", "sse_auction_continuous",
    ]  # fmt: skip
    assert rulebook.shipped_names() == markets


@pytest.mark.parametrize(
    ("name", "mode", "close", "source"),
    [
        ("chongqing", "PRICE_TIME_AUTO", ("C", 100), "CN-38"),
        ("national", "PICK_BEST5", ("A", 0), "CN-SH"),
        ("hubei", "MEDIAN3", ("B", 0), "HB"),
        ("guangdong", "PICK_BEST_ONLY", ("C", 100), "GD 2020"),
    ],
)
def test_each_market_trades_and_closes_in_its_way(name: str, mode: str, close: tuple[str, int], source: str) -> None:
    book = rulebook.parse(rulebook.shipped(name))
    code, product = next(iter(book.products.items()))
    assert (product.match_mode, (product.close_rule, product.close_min_tonnes)) == (mode, close)
    assert source in book.provenance[f"product.{code}.match_mode"].source


def test_where_takers_pick_there_is_no_call_auction() -> None:
    text = rulebook.shipped("chongqing-call").replace('"PRICE_TIME_AUTO"', '"PICK_BEST5"', 1)
    assert faults(text) == ["product.CQEA.match_mode: PICK_BEST5 cannot go with a call auction"]


@pytest.mark.parametrize("name", ["", "nobody", "../chongqing", "chongqing.toml", "/etc/passwd"])
def test_a_name_that_is_not_shipped_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(RuleBookError, match="chongqing-call"):
        rulebook.shipped(name)


def test_chongqing_has_the_values_of_its_sources() -> None:
    book = rulebook.parse(TEXT)
    allowance = book.products["CQEA"]
    assert list(book.products) == ["CQEA", "CCER", "CQCER"]
    assert (allowance.tick_fen, allowance.lot_tonnes, allowance.order_tonnes_max) == (1, 1, 99_999)
    assert (allowance.limit_bp, allowance.lock_days, allowance.close_rule) == (1000, 1, "C")
    assert (book.retention_bp, book.utc_offset_minutes) == (5000, 480)
    assert book.provenance["settlement.retention_bp"].confidence == "confirmed"
    assert book.provenance["product.CQEA.trading_fee_ppm"].confidence == "unknown"
    assert [(row.at_second // 60, phases.NAMES[row.phase]) for row in book.timetable] == [
        (540, "pre_open"),
        (570, "continuous"),
        (690, "break"),
        (780, "continuous"),
        (900, "closed"),
    ]


def test_every_rule_has_its_provenance() -> None:
    book = rulebook.parse(TEXT)
    in_market = {
        field
        for field in rulebook.RuleBook.__struct_fields__
        if field
        not in (
            "products",
            "compliance",
            "classes",
            "surveillance",
            "provenance",
            "risk_reserve_max_fen",
            *UNKNOWN_HOURS,
        )
    }
    in_product = {field for field in rulebook.ProductRules.__struct_fields__ if field not in ("code", *UNKNOWN)}
    in_year = {f for f in rulebook.ComplianceRules.__struct_fields__ if f not in ("year", "offsets")}
    watched = set(rulebook.SurveillanceRules.__struct_fields__)
    in_class = {field for field in rulebook.ClassRules.__struct_fields__ if field != "category"}
    assert {
        name.rpartition(".")[2] for name in book.provenance
    } == in_market | in_product | in_year | in_class | watched
    not_in_blocks = [code for code, product in book.products.items() if not product.block_tonnes_min]
    assert not_in_blocks == ["CCER"]
    given = len(book.products) * len(in_product) - 2 * len(not_in_blocks) + len(book.compliance) * len(in_year)
    without_assets = [rules for rules in book.classes.values() if not rules.assets_fen_min]
    given += len(book.classes) * len(in_class) - len(without_assets)
    assert len(book.provenance) == len(in_market) + len(watched) + given


def test_rules_of_block_trades_may_be_left_out_but_not_halved() -> None:
    book = rulebook.parse(TEXT)
    assert (book.products["CQEA"].block_tonnes_min, book.products["CQEA"].block_limit_bp) == (100_000, 3000)
    assert book.block_window == (13 * 3600, 15 * 3600)
    lines = TEXT.splitlines()
    none = rulebook.parse("\n".join(line for line in lines if not line.startswith("block_")))
    assert (none.block_window, none.products["CQEA"].block_tonnes_min) == ((0, 0), 0)
    half = "\n".join(line for line in lines if not line.startswith("block_limit_bp"))
    assert faults(half) == [
        f"product.{code}: block_tonnes_min and block_limit_bp go together" for code in ("CQEA", "CQCER")
    ]


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ('["15:00", "13:00"]', "end later"),
        ('["13:00", "13:00"]', "end later"),
        ('["13:00"]', "two times"),
        ('["13:00", "25:00"]', "two times"),
        ('"13:00"', "two times"),
        ("[13, 15]", "two times"),
    ],
)
def test_a_block_window_is_two_times_in_order(window: str, words: str) -> None:
    (fault,) = faults(changed('block_window = { value = ["13:00", "15:00"]', f"block_window = {{ value = {window}"))
    assert fault.startswith("day.block_window: ")
    assert words in fault


CLASS = """
[class.institution]
products = { value = ["CQEA"], source = "test", confidence = "design" }
sides = { value = ["sell"], source = "test", confidence = "design" }
methods = { value = ["listed"], source = "test", confidence = "design" }
qualifications = { value = ["assets", "contract"], source = "test", confidence = "design" }
assets_fen_min = { value = 5, source = "test", confidence = "design" }
"""


def test_a_class_says_what_its_accounts_may_trade_and_what_they_need() -> None:
    rules = rulebook.parse(TEXT + CLASS).classes["institution"]
    assert (rules.products, rules.sides, rules.methods) == (("CQEA",), ("sell",), ("listed",))
    assert (rules.qualifications, rules.assets_fen_min) == (("assets", "contract"), 5)
    assert "key_emitter" not in rulebook.parse(TEXT + CLASS).classes


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("class.institution", "class.farmer", "is none of the categories"),
        ('["CQEA"]', '["OTHER"]', "there is no product OTHER"),
        ('["CQEA"]', '["CQEA", "CQEA"]', "names a word twice"),
        ('["sell"]', '["lend"]', "is not one of buy, sell"),
        ('["listed"]', '["otc"]', "is not one of listed, block, auction"),
        ('["assets", "contract"]', '["contract"]', "go together"),
        ('["assets", "contract"]', '["Net Worth"]', "is not a word of that kind"),
        ('["assets", "contract"]', '"assets"', "must be a list"),
        ("assets_fen_min = { value = 5", "assets_fen_min = { value = 0", "must be between 1"),
    ],
)
def test_a_class_that_cannot_be_is_a_fault(old: str, new: str, words: str) -> None:
    (fault,) = faults(TEXT + CLASS.replace(old, new))
    assert words in fault


OFFSET = """
[offset.2025.CQCER]
limit_bp = { value = 500, source = "ICAP 2025", confidence = "confirmed-2" }
vintage_min = { value = 2017, source = "test", confidence = "design" }
is_local = { value = true, source = "test", confidence = "design" }
"""


def test_a_year_may_let_offsets_be_used() -> None:
    assert rulebook.parse(TEXT).compliance[2025].offsets == {}
    year = rulebook.parse(TEXT + OFFSET).compliance[2025]
    assert (year.report_deadline, year.surrender_deadline) == (20260430, 0)
    assert year.offsets == {"CQCER": rulebook.OffsetRules("CQCER", 500, 2017, True)}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (TEXT + OFFSET.replace("2025", "2024"), "[offset.2024]: there is no [compliance.2024]"),
        (TEXT + OFFSET.replace("CQCER", "CQEA"), "[offset.2025.CQEA]: CQEA is no product of kind offset"),
        (TEXT + OFFSET.replace("CQCER", "GOLD"), "[offset.2025.GOLD]: there is no product GOLD"),
        (TEXT + OFFSET.replace("500", "10_001"), "offset.2025.CQCER.limit_bp: must be between 0 and 10000"),
        (TEXT + OFFSET.replace("limit_bp", "limit"), "offset.2025.CQCER.limit: unknown key"),
        (TEXT.replace("[compliance.2025]", "[compliance.25]"), "[compliance.25]: is not a year"),
        (TEXT.replace('"2026-04-30"', '"30 April"'), "compliance.2025.report_deadline: must be a day like"),
        (TEXT.replace('value = "verified_emissions"', 'value = "cap"'), "compliance.2025.offset_base: must be one of"),
        ("compliance = 3\n" + TEXT.replace("[compliance.2025]", "[market2]"), "[compliance]: takes at most 64 tables"),
        ("offset = { 2025 = 3 }\n" + TEXT, "[offset.2025]: takes tables [offset.2025.PRODUCT]"),
    ],
)
def test_faults_of_a_year_are_named(text: str, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(text)), faults(text)


def test_all_faults_are_reported_at_once() -> None:
    text = changed("tick_fen = { value = 1,", "tick_fen = { value = 1.5,").replace("value = 5000", 'value = "half"')
    text = text.replace('self_trade = { value = "cancel_taker"', 'self_trade = { value = "allow"') + "\n[weather]\n"
    found = faults(text)
    assert [fault.partition(":")[0] for fault in found] == [
        "[weather]",
        "trading.self_trade",
        "settlement.retention_bp",
        "product.CQEA.tick_fen",
        "product.CCER.tick_fen",
        "product.CQCER.tick_fen",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("version = { value = 1,", "version = { value = true,", "market.version: must be an integer"),
        ("version = { value = 1,", "version = { value = 0,", "market.version: must be between 1"),
        ("version = { value = 1,", "version = { value = 1979-05-27,", "market.version: must be an integer"),
        ("version = { value = 1,", "versio = { value = 1,", "market.versio: unknown key"),
        ("version = { value = 1,", "versio = { value = 1,", "market.version: missing"),
        ("cancel_in_break = { value = true,", "cancel_in_break = { value = 1,", "day.cancel_in_break: must be true or"),
        ('market = { value = "chongqing"', 'market = { value = "Chong Qing"', "market.market: must be a name"),
        ('name_en = { value = "Chongqing Carbon Market"', 'name_en = { value = " "', "market.name_en: must be a text"),
        ('"RegisterKey"', '"RegisterKeys"', "operators.two_person_acts: names acts that do not exist: 'RegisterKeys'"),
        ('"RegisterKey"', '"RegisterOperator"', "operators.two_person_acts: names an act twice"),
        ('"RegisterKey"', "[]", "operators.two_person_acts: names acts that do not exist: []"),
        (
            'kind = { value = "offset"',
            'kind = { value = "share"',
            "product.CCER.kind: must be one of allowance, offset",
        ),
        ('close_rule = { value = "C"', 'close_rule = { value = "D"', "product.CQEA.close_rule: must be one of"),
        ('close_rule = { value = "C"', 'close_rule = { value = "A"', "product.CQEA.close_min_tonnes: must be above 0"),
        (
            "limit_bp = { value = 1000",
            "limit_bp = { value = 10000",
            "product.CQEA.limit_bp: must be between 1 and 9999",
        ),
        ("limit_bp = { value = 1000", "limit_bp = { value = 0", 'limit_bp: must be between 1 and 9999, or "none"'),
        ("limit_bp = { value = 1000", 'limit_bp = { value = "off"', 'limit_bp: must be an integer or "none"'),
        ('"PRICE_TIME_AUTO"', '"PRO_RATA"', "product.CQEA.match_mode: must be one of PRICE_TIME_AUTO"),
        ("tick_fen = { value = 1,", "tick_fen = { value = 0,", "product.CQEA.tick_fen: must be between 1"),
        ("lot_tonnes = { value = 1,", "lot_tonnes = { value = 10,", "order_tonnes_max: must be a multiple of lot"),
        ("value = 99_999,", "value = 0,", "product.CQEA.order_tonnes_max: must be between 1"),
        ("order_tonnes_min = { value = 1,", "order_tonnes_min = { value = 100_000,", "is above order_tonnes_max"),
        ("trading_fee_ppm = { value = 0", "trading_fee_ppm = { value = -1", "trading_fee_ppm: must be between 0"),
        ("value = 10_000_000_000,", "value = 99_000_000_000_000,", "trading.order_value_max_fen: must be between"),
        ("[product.CQEA]", "[product.cqea]", "[product.cqea]: a code is"),
        ("tick_fen = { value = 1,", "tick_fen = { valve = 1,", "product.CQEA.tick_fen.valve: unknown key"),
        ("tick_fen = { value = 1,", "tick_fen = { valve = 1,", "product.CQEA.tick_fen: value is missing"),
        ('source = "CN-SH: best five levels", ', "", "trading.public_depth_levels: source is missing"),
        ('levels", confidence = "confirmed"', 'levels", confidence = "sure"', "levels: confidence must be one of"),
        ("public_depth_levels = { value = 5,", "public_depth_levels = 5 # {", "must be { value = …"),
    ],
)
def test_a_wrong_value_is_refused_by_name(old: str, new: str, fault: str) -> None:
    assert any(fault in found for found in faults(changed(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"09:30 continuous"', '"9:30 continuous"', "'9:30 continuous' is not a row"),
        ('"09:30 continuous"', '"24:00 continuous"', "'24:00 continuous' is not a row"),
        ('"09:30 continuous"', '"09:30 lunch"', "'09:30 lunch' is not a row"),
        ('"09:30 continuous"', "930", "930 is not a row"),
        ('"09:30 continuous"', '"13:00 continuous"', "row break does not come later"),
        ('"09:30 continuous"', '"09:00 continuous"', "row continuous does not come later"),
        ('"11:30 break"', '"11:30 pre_open"', "pre_open may not follow continuous"),
        ('"11:30 break"', '"11:30 closed"', "closed may not follow continuous"),
        ('"09:00 pre_open",', "", "the first row must enter pre_open"),
        ('"15:00 closed",', "", "the last row must be closed"),
    ],
)
def test_a_timetable_that_is_no_day_is_refused(old: str, new: str, fault: str) -> None:
    assert any("day.timetable" in found and fault in found for found in faults(changed(old, new)))


def test_a_day_without_trading_is_refused() -> None:
    text = changed('"09:30 continuous",', "").replace('"13:00 continuous",', "")
    assert any("no row lets anyone place an order" in fault for fault in faults(text))


@pytest.mark.parametrize(
    "text",
    ["not toml", "a = " + "[" * 50_000, "a = " + "9" * 10_000, "\x00", "x" * (rulebook.TEXT_CHARACTERS_MAX + 1)],
    ids=["prose", "deep", "huge number", "nul", "long"],
)
def test_what_is_not_toml_is_one_fault(text: str) -> None:
    assert len(faults(text)) == 1


def test_an_empty_text_misses_every_section() -> None:
    missing = ["[market]", "[operators]", "[day]", "[trading]", "[settlement]", "[product]"]
    assert [fault.partition(":")[0] for fault in faults("")] == missing


@pytest.mark.parametrize("wrong", ["[]", "{}", "1.5", "1979-05-27", "99999999999999999999"])
def test_a_value_of_a_type_that_no_rule_has_is_a_fault_of_that_rule_alone(wrong: str) -> None:
    lines = TEXT.splitlines()
    tried = 0
    for number, line in enumerate(lines):
        key, _, rest = line.partition(" = { value = ")
        if ", source" in rest:
            tried += 1
            other = f"{key} = {{ value = {wrong}{rest[rest.index(', source') :]}"
            found = faults("\n".join([*lines[:number], other, *lines[number + 1 :]]))
            assert len(found) == 1
            assert f".{key}: must be" in found[0]
    assert tried > 50


def test_nobody_is_published_without_a_threshold() -> None:
    without = "\n".join(row for row in LIMITS.splitlines() if "large_holder_tonnes" not in row) + "\n"
    assert faults(TEXT.replace("[product.CQEA]\n", without)) == [
        "product.CQEA.large_holders_published: needs large_holder_tonnes, which says who is one"
    ]


def test_every_rule_has_words_and_every_word_a_rule() -> None:
    text = (TEXT + OFFSET + CLASS).replace("[product.CQEA]\n", LIMITS)
    book = rulebook.parse(text.replace("[day]\n", HOURS).replace("[settlement]\n", CAPITAL))
    assert [rulewords.value_of(book, f"day.{key}") for key in UNKNOWN_HOURS] == [["09:00", "09:25"]] * 3
    assert [rulewords.value_of(book, f"product.CQEA.{key}") for key in UNKNOWN] == [
        1_000_000,
        500_000,
        True,
        200,
        True,
        True,
        "吨",
        "t",
    ]
    named = {f"{name.partition('.')[0]}.{name.rpartition('.')[2]}" for name in book.provenance}
    assert set(rulewords.RULES) == named
    assert all(rulewords.words_of(name).zh and rulewords.words_of(name).en for name in book.provenance)


@pytest.mark.parametrize("name", rulebook.shipped_names())
def test_values_are_shown_as_the_text_has_them(name: str) -> None:
    text = rulebook.shipped(name)
    book = rulebook.parse(text)
    document = tomllib.loads(text)
    for rule in book.provenance:
        section, _, key = rule.rpartition(".")
        table = document
        for part in section.split("."):
            table = table[part]
        assert rulewords.value_of(book, rule) == table[key]["value"], rule


def test_the_document_explains_every_key() -> None:
    text = Path("docs/rulebook.md").read_text(encoding="utf-8")
    keys: set[str] = {name.rpartition(".")[2] for name in rulebook.parse(TEXT).provenance}
    assert [key for key in sorted(keys) if f"| `{key}` |" not in text] == []
    every = [*rulebook.CONFIDENCES, *rulebook.SELF_TRADE_MODES, *rulebook.PRODUCT_KINDS, *phases.NAMES]
    assert [word for word in [*every, *rulebook.shipped_names()] if f"`{word}`" not in text] == []
