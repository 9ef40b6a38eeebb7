"""Words of the wire as the pages show them: states, steps, patterns, kinds. The pages' scripts hold none of these themselves.

What a field of an act may hold has its words in `field_words.CHOICES` and is taken from there.
"""

from typing import Final

from engine.core import days
from gateway.protocol.act_words import Said
from gateway.protocol.field_words import CHOICES

TERMS: Final[dict[str, dict[str, Said]]] = {
    "category": CHOICES["category"],
    "finding": CHOICES["finding"],
    "scope": CHOICES["scope"],
    "target": CHOICES["kill_kind"],
    "pattern": {
        "self_trade": Said("自成交", "self trade"),
        "circular": Said("循环交易", "circular"),
        "layering": Said("近涨跌停频繁撤单", "layering"),
        "marking_close": Said("尾市影响均价", "marking close"),
        "limit_pair": Said("同一对手在涨跌停价成交", "limit pair"),
        "block_pair": Said("同一对手偏离价大宗", "block pair"),
        "small_volume": Said("微量成交形成价格", "small volume"),
        "turnover_before_surrender": Said("履约前成交放大", "turnover before surrender"),
        "price_at_limit": Said("收于涨跌停价", "price at limit"),
        "linked_near_limit": Said("关联账户合计近限额", "linked near limit"),
        "sale_near_retention": Said("卖出后近须保留量", "sale near retention"),
        "run_up_before_sale": Said("政府出售前异动", "run up before sale"),
        "price_above_trigger": Said("价格高于触发价", "price above trigger"),
        "price_below_trigger": Said("价格低于触发价", "price below trigger"),
        "not_watched": Said("超出监测容量", "not watched"),
    },
    "step": {
        **CHOICES["step"],
        "restriction": Said("限制措施", "restriction"),
        "reduction": Said("责令减持", "reduction"),
        "confirmed": Said("结案:属实", "closed: confirmed"),
        "settled": Said("结案:了结", "closed: settled"),
        "unfounded": Said("结案:不成立", "closed: unfounded"),
    },
    "state": {
        "open": Said("进行中", "open"),
        "closed": Said("已结", "closed"),
        "met": Said("已执行", "met"),
        "waiting": Said("未生效", "waiting"),
        "in_force": Said("生效中", "in force"),
        "lifted": Said("已解除", "lifted"),
        "ended": Said("已届满", "ended"),
    },
    "matter": {
        "at_limit": Said("连续涨跌停", "at limit"),
        "large_move": Said("价格大幅波动", "large move"),
        "incident": Said("重大技术事件", "incident"),
        "breach": Said("违规认定", "breach"),
        "restriction": Said("限制措施", "restriction"),
    },
    "standing": {
        "suspended": Said("暂停", "suspended"),
        "unqualified": Said("未适当", "unqualified"),
        "by_class": Said("依类别", "by class"),
        "leaving": Said("退出中", "leaving"),
        "left": Said("已退出", "left"),
        "closed": Said("已销户", "closed"),
        "kill_switch": Said("紧急停止", "kill switch"),
        "unfinished": Said("交收未完成", "unfinished"),
        "own_limits": Said("自设限额", "own limits"),
    },
    "side": {"buy": Said("买入", "Buy"), "sell": Said("卖出", "Sell"), "auction": Said("竞价", "Auction")},
    "level": {"bid": Said("买", "Bid"), "ask": Said("卖", "Ask")},
    "settlement": {
        "matched": Said("已成交", "matched"),
        "clearing_hold": Said("清算中", "in a clearing hold"),
        "settled": Said("已交收", "settled"),
        "failed": Said("交收失败", "settlement failed"),
        "disputed": Said("争议暂缓", "disputed"),
        "void": Said("已撤销", "voided"),
    },
    "stage": {
        days.FIXING: Said("固定当日参数", "fixing of the values"),
        days.CHECKS: Said("开市前检查", "checks"),
        days.CONTEST: Said("结算异议截止", "end of contesting"),
        days.OPENING: Said("开市", "opening"),
        days.CLOSE: Said("闭市", "close"),
        days.CLEARING: Said("清算交收", "clearing"),
        days.STATEMENTS: Said("结算单", "statements"),
        days.DISCLOSURE: Said("信息披露", "disclosure"),
        days.BANK: Said("银行对账", "bank"),
        days.RECONCILIATION: Said("对账封账", "reconciliation"),
    },
    "break_state": {
        "open": Said("待处理", "open"),
        "explained": CHOICES["remedy"]["explained"],
        "corrected": Said("已更正", "corrected"),
        "carried": Said("已结转", "carried over"),
    },
    "auction_status": {
        "announced": Said("已公告", "announced"),
        "open": Said("申报中", "open"),
        "cleared": Said("已出清", "cleared"),
        "canceled": Said("已取消", "canceled"),
    },
    "government_auction": {
        "sale": Said("有偿竞价(出售)", "sale"),
        "buy_back": CHOICES["direction"]["buy_back"],
    },
    "participant_auction": {
        "sale": Said("单向竞价出让", "one-way sale"),
        "purchase": Said("单向竞价买入", "one-way purchase"),
    },
    "method": {
        **{name: CHOICES["phase"][name] for name in ("opening_call", "continuous", "closing_call")},
        "block": Said("大宗协议", "block"),
        "auction": Said("有偿竞价", "auction"),
    },
    "instruction": {
        "trade": Said("成交", "trade"),
        "void": Said("撤销成交", "voiding"),
        "withdrawal": Said("出金", "withdrawal"),
        "transfer": Said("划转", "transfer"),
        "issue": Said("发放", "issue"),
        "surrender": Said("清缴", "surrender"),
        "cancel": Said("注销", "cancellation"),
        "encumber": Said("冻结质押", "encumbrance"),
        "release": Said("解除冻结", "release"),
        "true_up": Said("预分配核定", "true-up"),
    },
    "unit_state": {
        "available": Said(CHOICES["split_state"]["available"].zh, "Available"),
        "locked": Said("T+N 锁定", "Locked"),
        "encumbered": Said("冻结质押", "Encumbered"),
        "preallocated": Said("预分配", "Preallocated"),
        "use_restricted": Said("限用", "Restricted"),
    },
}
