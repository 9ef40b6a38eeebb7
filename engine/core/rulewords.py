"""What each parameter of a rule book means, in Chinese and English, for `yutan rulebook explain`, HTTP and the pages.

Keys are those of `engine.core.rulebook`; product rules are explained once for all products. A test holds both complete.
"""

from typing import Final, NamedTuple

from engine.core import phases
from engine.core.rulebook import NONE, PRODUCT, ProductRules, RuleBook


class Words(NamedTuple):
    """One parameter in words. `unit` is the unit of its value, "" where it has none."""

    zh: str
    en: str
    unit: str = ""


RULES: Final[dict[str, Words]] = {
    "market.market": Words("市场代码,存续期间不得变更。", "Short name of the market; never changes in a running one."),
    "market.version": Words("规则版本号,只增不减。", "Number of this version of the rules; a later one is higher."),
    "market.name_zh": Words("市场中文名称。", "Name of the market in Chinese."),
    "market.name_en": Words("市场英文名称。", "Name of the market in English."),
    "market.utc_offset_minutes": Words("当地时间与 UTC 之差。", "Local time minus UTC, all year.", "minutes"),
    "operators.two_person_acts": Words("须由第二人复核的操作。", "Operators' acts that wait for a second person."),
    "operators.proposal_hours_max": Words(
        "待复核操作的有效时间。", "How long a proposed act may wait for the second person.", "hours"
    ),
    "day.timetable": Words("交易日各阶段的开始时间。", "When each phase of the trading day begins, in local time."),
    "day.cancel_in_break": Words("午间休市是否可以撤单。", "Whether members may cancel during the break."),
    "day.block_window": Words("大宗协议交易时段。", "Hours of block trading, from and to, in local time."),
    "day.stages": Words(
        "清算、披露、对账等日终环节的时间;fixing 为前一交易日。",
        "By when each stage beside the timetable is due, in local time; fixing on the trading day before.",
    ),
    "day.opening_checks": Words(
        "开市前必须完成的上一交易日事项。", "What of the day before must be done before the next one opens."
    ),
    "day.transfer_hours": Words(
        "登记账户与交易账户之间划转的办理时段。", "Hours of transfers between registry and trading account, local time."
    ),
    "day.cash_in_hours": Words("入金办理时段。", "Hours in which cash comes in, local time."),
    "day.cash_out_hours": Words("出金办理时段。", "Hours in which cash goes out, local time."),
    "day.calendar": Words(
        "哪些日期是交易日:china 按国务院节假日安排,weekdays 为周一至周五,every-day 为任意日期。",
        "Which dates are trading days: china by the State Council's holidays, weekdays Monday to Friday, every-day any date.",
    ),
    "trading.call_tie": Words(
        "集合竞价多个价位成交量与不平衡量相同时的取价规则。",
        "Which price a call auction takes where several share the largest volume and the smallest imbalance.",
    ),
    "trading.self_trade": Words(
        "同一实际控制人的委托相遇时如何处理。",
        "What happens when an order would meet one of the same beneficial owner.",
    ),
    "trading.open_orders_max": Words("每账户未成交委托上限。", "Most open orders an account may have.", "orders"),
    "trading.order_value_max_fen": Words("单笔委托金额上限。", "Largest price times quantity of one order.", "fen"),
    "trading.client_order_id_days": Words(
        "客户委托号在当日之后仍不得重复的交易日数。",
        "Trading days for which a client order id stays known after its own.",
        "trading days",
    ),
    "trading.public_depth_levels": Words(
        "公开行情的档位数。", "Price levels shown to the public on each side.", "levels"
    ),
    "settlement.proceeds_same_day": Words(
        "卖出所得资金当日可否用于买入。", "Whether a day's sale proceeds may buy on that day."
    ),
    "settlement.retention_bp": Words(
        "履约前须保留的当年免费配额比例。",
        "Share of the year's free allocation to be kept until surrender.",
        "1/10,000",
    ),
    "settlement.risk_reserve_bp": Words(
        "每日闭市时自手续费中提取风险准备金的比例。",
        "Share of the day's fees that goes into the risk reserve at the close.",
        "1/10,000",
    ),
    "settlement.risk_reserve_max_fen": Words(
        "风险准备金达到该数额后可以停止提取。", "Up to where the risk reserve is filled from fees.", "fen"
    ),
    "settlement.unfinished": Words(
        "对账时仍未完成交收的账户:announce 仅提示;restrict 处理完毕前不得交易和出金。",
        "Accounts not settled when the day is reconciled: only shown, or without trading and cash out until they are.",
    ),
    "settlement.cycle": Words(
        "交收时点:per_trade 逐笔即时交收;end_of_day 闭市后逐笔全额集中交收。",
        "When trades are delivered and paid, each gross: at once, or all together when the day closes.",
    ),
    "settlement.void_window": Words(
        "已交收且无争议的成交可撤销的期限:next_opening 至次一交易日开市前;any_day 不限。",
        "Until when a trade that is settled and not disputed can be voided: the next opening, or without end.",
    ),
    "settlement.void_fees": Words(
        "撤销成交的手续费:returned 退还;kept 不退。", "A voided trade's fees: returned to both sides, or kept."
    ),
    "surveillance.circular_tonnes": Words(
        "两名实际控制人当日往返成交达到该数量即预警。",
        "So much there and back between two owners is worth an alert.",
        "tonnes",
    ),
    "surveillance.circular_seconds": Words(
        "往返成交须在多少秒内完成。", "Within so many seconds as much comes back as went there.", "seconds"
    ),
    "surveillance.circular_net_bp": Words(
        "往返数量之差占较小者的比例上限。", "There and back differ by so little, of the smaller.", "1/10,000"
    ),
    "surveillance.circular_share_bp": Words(
        "往返成交占其中成交较多一方当日成交量的比例下限。",
        "Least share of what went round in all that the busier of both traded.",
        "1/10,000",
    ),
    "surveillance.quick_cancel_seconds": Words(
        "多少秒内撤单算快速撤单。", "A cancel so soon is a quick one.", "seconds"
    ),
    "surveillance.near_limit_bp": Words(
        "距涨跌停价多近算接近,以基准价计。", "So near to a price limit is near, of the reference price.", "1/10,000"
    ),
    "surveillance.quick_cancels": Words(
        "同一账户接近涨跌停价快速撤单的次数。", "So many quick cancels near a limit.", "orders"
    ),
    "surveillance.close_window_seconds": Words(
        "收盘前多少秒的成交。", "The last trades are those of so many seconds.", "seconds"
    ),
    "surveillance.close_move_bp": Words(
        "尾盘成交使均价变动的幅度。", "So far the last trades move the average.", "1/10,000"
    ),
    "surveillance.pair_trades": Words(
        "同一对手方涨跌停价成交次数。", "So many trades of one pair at the limit.", "trades"
    ),
    "surveillance.pair_blocks": Words(
        "同一对手方偏离市价的大宗协议次数。", "So many blocks of one pair off the market.", "trades"
    ),
    "surveillance.block_away_bp": Words(
        "大宗协议价格偏离基准价多少算偏离市价。", "So far off is off the market.", "1/10,000"
    ),
    "surveillance.small_volume_bp": Words(
        "成交量略高于规则 C 界限的幅度。", "By so little above rule C's volume is just above it.", "1/10,000"
    ),
    "surveillance.surge_times": Words(
        "履约前成交量为日均的倍数。", "So many times the average day is a surge.", "times"
    ),
    "surveillance.surge_days": Words("清缴截止日前多少日内。", "So many days before a surrender deadline.", "days"),
    "surveillance.linked_share_bp": Words(
        "关联账户合计持仓占最大持仓量的比例,达到即预警;0 为不监测。",
        "Associated or linked owners together at this share of the holding limit are worth an alert; 0: not watched.",
        "1/10,000",
    ),
    "surveillance.retention_near_bp": Words(
        "卖出后仅略高于履约保留量的幅度;0 为不监测。",
        "Who keeps so little more than the retention floor after a sale is near it; 0: not watched.",
        "1/10,000",
    ),
    "surveillance.run_up_days": Words(
        "政府有偿竞价前多少个交易日与此前比较;0 为不监测。",
        "So many trading days before a government sale are held against those before; 0: not watched.",
        "trading days",
    ),
    "surveillance.run_up_bp": Words("其间收盘价上涨幅度。", "By so much the close rose in them.", "1/10,000"),
    "surveillance.run_up_times": Words(
        "其间成交量为通常的倍数。", "So many times the usual turnover in them.", "times"
    ),
    "surveillance.at_limit_days": Words(
        "连续多少个收盘价在涨跌停价须即报。", "So many closes in a row at the limit are told at once.", "trading days"
    ),
    "surveillance.credit_objection_days": Words(
        "记入信用记录前可提出异议的工作日数;0 为不设异议期。",
        "Working days to object before something enters the credit record; 0: none.",
        "working days",
    ),
    "surveillance.price_high_fen": Words(
        "配额收盘价连续达到或超过该价即建议政府投放;0 为不设。",
        "Closes of an allowance at or above this price propose a government sale; 0: not watched.",
        "fen",
    ),
    "surveillance.price_low_fen": Words(
        "配额收盘价连续达到或低于该价即建议回购;0 为不设。",
        "Closes of an allowance at or below this price propose a buy-back; 0: not watched.",
        "fen",
    ),
    "surveillance.price_days": Words("连续多少个收盘价。", "So many closes in a row.", "trading days"),
    "surveillance.large_move_bp": Words(
        "收盘价较前一日变动多少须即报。", "A close so far from the one before is told at once.", "1/10,000"
    ),
    "compliance.report_deadline": Words("排放报告提交截止日。", "Day by which a year's emission reports are due."),
    "compliance.surrender_deadline": Words("清缴截止日。", "Day by which a year is to be surrendered."),
    "compliance.offset_base": Words(
        "抵销上限的计算基数:verified_emissions 经核查排放量;allocation 当年配额。",
        "What offset limits are shares of: the verified emissions or the year's allocation.",
    ),
    "compliance.offset_limit_bp": Words("各类抵销合计上限。", "Limit of all offsets together.", "1/10,000"),
    "compliance.local_share_min_bp": Words(
        "所用抵销量中本市项目的最低占比。", "Least share of local origin among the offsets used.", "1/10,000"
    ),
    "offset.limit_bp": Words("该类抵销上限。", "Limit of this product as an offset.", "1/10,000"),
    "offset.vintage_min": Words(
        "可用于抵销的最早年份。", "Oldest vintage that may be used as an offset; 0: any.", "year"
    ),
    "offset.is_local": Words("是否计为本市项目。", "Whether it counts as of local origin."),
    "class.products": Words("该类主体可交易的产品。", "Products that this class may trade; none: it does not trade."),
    "class.sides": Words("该类主体可用的买卖方向。", "Sides that this class may take."),
    "class.methods": Words(
        "该类主体可用的交易方式:listed 挂牌;block 大宗协议;auction 有偿竞价与回购。",
        "Methods that this class may use: listed orders, block trades, sealed auctions.",
    ),
    "class.qualifications": Words(
        "该类主体须具备的适当性条件;assets 为净资产证明。",
        "Qualifications that a participant of this class needs on the day; assets is a statement of net worth.",
    ),
    "class.assets_fen_min": Words("净资产下限。", "Least net worth that the statement must show.", "fen"),
    "product.name_zh": Words("产品中文名称。", "Name of the product in Chinese."),
    "product.name_en": Words("产品英文名称。", "Name of the product in English."),
    "product.kind": Words("配额或抵销信用;配额计入履约保留。", "Allowance or offset; allowances count for retention."),
    "product.tick_fen": Words("最小变动价位。", "Smallest price step.", "fen"),
    "product.lot_tonnes": Words("最小交易单位。", "Quantity step.", "tonnes"),
    "product.order_tonnes_min": Words("单笔委托数量下限。", "Smallest order.", "tonnes"),
    "product.order_tonnes_max": Words("单笔委托数量上限。", "Largest order.", "tonnes"),
    "product.match_mode": Words(
        "连续交易的成交方式:PRICE_TIME_AUTO 价格优先、时间优先自动成交;PICK_BEST5 点选最优五档;"
        "PICK_BEST_ONLY 只可点选最优价;MEDIAN3 取买价、卖价、最近成交价的中间价。",
        "How the continuous phase trades: PRICE_TIME_AUTO pairs by price, then time; PICK_BEST5 lets a taker pick one of "
        "the best five levels; PICK_BEST_ONLY only the best price; MEDIAN3 pairs at the middle of bid, ask and last trade.",
    ),
    "product.limit_bp": Words(
        "当日涨跌幅限制,以前收盘价为基准;none 为不设限制。",
        "Daily price limit around the previous close; none: no limit.",
        "1/10,000",
    ),
    "product.trading_fee_ppm": Words(
        "交易手续费率,双边各自收取。", "Trading fee of each side, of the amount.", "1/1,000,000"
    ),
    "product.settlement_fee_ppm": Words(
        "结算手续费率,双边各自收取。", "Settlement fee of each side, of the amount.", "1/1,000,000"
    ),
    "product.lock_days": Words(
        "买入后须满几个交易日方可卖出(T+N)。", "Trading days until bought units may be sold (T+N).", "trading days"
    ),
    "product.close_rule": Words(
        "收盘价规则:A 全日加权均价;B 最后五笔加权均价;C 小成交量时取前收盘价;L 最后一笔成交价。",
        "How the close is made: A the day's weighted average; B that of the last five trades; C as A, but the previous "
        "close on a small volume; L the last trade.",
    ),
    "product.close_min_tonnes": Words(
        "规则 C 的成交量界限,不超过时前收盘价不变。",
        "Rule C: up to this volume the previous close stays.",
        "tonnes",
    ),
    "product.block_tonnes_min": Words("大宗协议单笔数量下限。", "Smallest block trade.", "tonnes"),
    "product.block_limit_bp": Words(
        "大宗协议价格限制,以前收盘价为基准。", "Price limit of block trades around the previous close.", "1/10,000"
    ),
    "product.holding_limit_tonnes": Words(
        "同一实际控制人的最大持仓量;重点排放单位在其当年免费配额之上另计。",
        "Most that one beneficial owner may have of the product; for key emitters, on top of the year's free allocation.",
        "tonnes",
    ),
    "product.large_holder_tonnes": Words(
        "大户标准,计算方法同最大持仓量。",
        "Who has more than this, reckoned like the holding limit, is a large holder.",
        "tonnes",
    ),
    "product.large_holders_published": Words("是否公布大户名单。", "Whether large holders are named in public."),
    "product.auction_seller_published": Words(
        "单向竞价公告是否公布出让方名称。", "Whether the notice of a one-way auction names the participant that sells."
    ),
    "product.auction_buyer_published": Words(
        "单向竞价公告是否公布受让方名称。", "Whether the notice of a one-way auction names the participant that buys."
    ),
    "product.unit_zh": Words("数量单位(中文),默认为吨。", "What quantities count, in Chinese; tonnes unless said."),
    "product.unit_en": Words("数量单位(英文)。", "What quantities count, in English."),
    "product.holders_max": Words(
        "持有人数上限。", "Most beneficial owners that may have the product at one time.", "owners"
    ),
    "product.composite_weight": Words(
        "各年份综合价格的权重:none 不发布;tonnes 按当日成交量;equal 等权。",
        "Weights of the one price over all vintages: none is published; the day's tonnes; or equal.",
    ),
}


def words_of(name: str) -> Words:
    """The words for a rule such as "trading.self_trade" or "product.CQEA.limit_bp"; KeyError where there is none."""
    section, _, key = name.rpartition(".")
    table = section.partition(".")[0]
    return RULES[f"{table}.{key}"]


def value_of(book: RuleBook, name: str) -> object:
    """A rule's value as the text has it. KeyError where the book has no such rule."""
    if name not in book.provenance:
        raise KeyError(name)
    section, _, key = name.rpartition(".")
    if section.startswith(PRODUCT):
        return _product_value(book.products[section.removeprefix(PRODUCT)], key)
    table, _, of = section.partition(".")
    if table in ("compliance", "offset"):
        year, _, product = of.partition(".")
        rules = book.compliance[int(year)]
        found: object = getattr(rules.offsets[product] if product else rules, key)
        return _day(found) if key.endswith("_deadline") else found
    if table == "class":
        allowed: object = getattr(book.classes[of], key)
        return (list(allowed) or NONE) if isinstance(allowed, tuple) else allowed
    if table == "surveillance":
        watched: object = getattr(book.surveillance, key)
        return watched
    if key == "timetable":
        return [f"{_time(row.at_second)} {phases.NAMES[row.phase]}" for row in book.timetable]
    if key == "stages":
        return [f"{_time(row.at_second)} {row.stage}" for row in book.stages]
    if key == "block_window" or key.endswith("_hours"):
        return [_time(second) for second in getattr(book, key)]
    value: object = getattr(book, key)
    return list(value) if isinstance(value, tuple) else value


def _product_value(product: ProductRules, key: str) -> object:
    value: object = getattr(product, key)
    return "none" if key == "limit_bp" and value == 0 else value


def _day(value: object) -> str:
    return f"{value // 10_000}-{value // 100 % 100:02}-{value % 100:02}" if isinstance(value, int) and value else ""


def _time(second: int) -> str:
    text = f"{second // 3600:02}:{second // 60 % 60:02}"
    return f"{text}:{second % 60:02}" if second % 60 else text


class Change(NamedTuple):
    """One rule that differs between two books; None where a book does not have it."""

    rule: str
    before: object
    after: object


def changes(old: RuleBook, new: RuleBook) -> list[Change]:
    """Every rule whose value differs, in the order of the old book, new rules last. Sources alone make no change."""
    names = [*old.provenance, *(name for name in new.provenance if name not in old.provenance)]
    rows = [
        Change(name, *(value_of(book, name) if name in book.provenance else None for book in (old, new)))
        for name in names
    ]
    return [row for row in rows if row.before != row.after]
