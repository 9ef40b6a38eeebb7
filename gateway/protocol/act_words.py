"""Operators' acts as people read them: names in Chinese and English, and the desk that does them (`field_words`: their fields).

The form of the console is made of these and of the types in `acts`; a test wants a row for everything.
"""

from typing import Final, NamedTuple


class Said(NamedTuple):
    """A name in both languages, and a hint where the name does not say enough."""

    zh: str
    en: str
    hint_zh: str = ""
    hint_en: str = ""


class ActWords(NamedTuple):
    """An act: its desk (a key of DESKS), its name, and what it does. en_help "": the first line of the act's own docstring."""

    desk: str
    zh: str
    en: str
    zh_help: str
    en_help: str = ""


DESKS: Final = {
    "day": Said("当日运行", "The day"),
    "rules": Said("品种、规则与日历", "Instruments, rules, calendar"),
    "participants": Said("参与人", "Participants"),
    "accounts": Said("账户", "Accounts"),
    "keys": Said("密钥与认证", "Keys and certificates"),
    "registry": Said("登记", "Registry"),
    "compliance": Said("配额与履约", "Allocation and compliance"),
    "auctions": Said("竞价与回购", "Auctions and buy-backs"),
    "settlement": Said("资金与交收", "Cash and settlement"),
    "supervision": Said("监管", "Supervision"),
    "disclosure": Said("信息披露", "Disclosure"),
}

ACTS: Final = {
    # the day
    "open_day": ActWords(
        "day", "开市", "Open the day", "开始一个交易日:解除锁定,确定涨跌幅,进入盘前。",
        "Begin a trading day: T+N locks end, price bands are fixed, the phase before the opening is entered.",
    ),
    "change_phase": ActWords("day", "切换阶段", "Change the phase", "进入当日的另一阶段;离开集合竞价时撮合成交。"),
    "close_day": ActWords("day", "闭市", "Close the day", "结束交易日:委托失效,解除冻结,确定收盘价。"),
    "fix_day": ActWords("day", "固定当日参数", "Fix the day's values", "前一晚固定下一交易日的规则、涨跌幅与费率。"),
    "override_opening": ActWords("day", "放行开市", "Override an opening check", "前一日的检查未通过时,凭文件准予开市;须两人。"),
    "halt": ActWords(
        "day", "暂停交易", "Halt",
        "暂停一个品种,不选则暂停全市场;仍可撤单。",
        "Halt one instrument, or the whole market. Cancels stay possible.",
    ),
    "resume": ActWords(
        "day", "恢复交易", "Resume",
        "解除暂停;不选品种则为全市场。",
        "Lift a halt of one instrument, or of the whole market.",
    ),
    "open_block_window": ActWords("day", "开放大宗协议时段", "Open the block window", "开始大宗协议交易时段;日终自动结束。"),
    "close_block_window": ActWords(
        "day", "结束大宗协议时段", "Close the block window",
        "结束大宗协议交易时段;未成交的要约保留到日终。",
    ),
    "record_reconciliation": ActWords(
        "day", "记录对账", "Record a reconciliation",
        "收市后登记簿与引擎比对的结果;只由交易所系统记录。",
    ),
    # instruments, rules, calendar
    "list_instrument": ActWords(
        "rules", "品种上市", "List an instrument", "一个产品的一个年份上市交易,并定其首个基准价。",
        "Admit an instrument to trading: one product and vintage, with its first reference price.",
    ),
    "adopt_rule_book": ActWords(
        "rules", "规则变更", "Adopt a rule book",
        "采用规则的新版本,自某交易日开市起生效;须两人。整份文件请用“文件导入”页。",
    ),
    "adopt_holidays": ActWords(
        "rules", "采用节假日安排", "Adopt a year's holidays",
        "把国务院的年度节假日安排纳入日历;同一年的被替换。",
    ),
    "announce_closure": ActWords(
        "rules", "休市公告", "Announce a closure",
        "公告将来的休市日,首尾两日均含;依据对公众公布。",
        "Announce that the market stays closed on days to come, both ends included; the basis is shown to all.",
    ),
    "announce_opening": ActWords(
        "rules", "开市公告", "Announce an opening",
        "公告将来一个原非交易日的日子开市;依据对公众公布。",
        "Announce that the market opens on a day to come that would not be a trading day; the basis is shown to all.",
    ),
    # participants
    "admit_participant": ActWords(
        "participants", "准入", "Admit a participant",
        "准入一个交易参与人;其后方可认定资格、开立用户。",
    ),
    "amend_participant": ActWords("participants", "信息变更", "Amend a participant", "变更参与人的登记信息;以此次所填为准。"),
    "qualify": ActWords("participants", "认定适当性资格", "Qualify", "记录参与人具备一项规则要求的资格,首尾两日均含。"),
    "disqualify": ActWords("participants", "取消适当性资格", "Disqualify", "取消一项资格;需要它的账户的未成交委托被撤销。"),
    "suspend_participant": ActWords(
        "participants", "暂停交易资格", "Suspend a participant",
        "其账户不得交易,密钥不得登录,未成交委托立即撤销。",
    ),
    "reinstate_participant": ActWords("participants", "恢复交易资格", "Reinstate a participant", "结束对参与人的暂停。"),
    "appoint_user": ActWords(
        "participants", "任命操作人员", "Appoint a user",
        "任命代参与人操作的人员;密钥以此人的权限为限。",
        "Appoint a person as a participant's user. Keys are registered for the user, with these rights or fewer.",
    ),
    "remove_user": ActWords("participants", "移除操作人员", "Remove a user", "此人的密钥全部吊销,连接立即断开;编号不再给出。"),
    "ban_person": ActWords("participants", "禁入", "Ban", "禁止一人或单位参与:人员被移除,参与人被暂停。"),
    "lift_ban": ActWords("participants", "解除禁入", "Lift a ban", "从禁入名单移除;因此被暂停的须另行恢复。"),
    "associate": ActWords(
        "participants", "记录关联关系", "Record an association",
        "一参与人以过半份额控制另一参与人;持仓限额合并计算。",
    ),
    "dissociate": ActWords("participants", "终止关联关系", "End an association", "记录关联关系的最后一日;已过之日立即终止。"),
    # accounts
    "open_account": ActWords(
        "accounts", "开户", "Open an account", "开立交易账户;按实际权益人判断自成交与限额。",
        "Open a trading account. The owner is the beneficial owner: self-trades and limits are judged by it.",
    ),
    "close_account": ActWords("accounts", "销户", "Close an account", "无持仓、无资金、无未履约年度的账户方可销户;须两人。"),
    "merge_accounts": ActWords(
        "accounts", "账户合并", "Merge accounts",
        "账户并入另一账户,权利义务一并承继;原账户永久关闭;须两人。",
        "Merge an account into another, which takes over all it has and owes; the first is closed for good. Two persons.",
    ),
    "split_account": ActWords("accounts", "账户分立", "Split an account", "权利义务按份转入承继账户,未列出的留在原账户;须两人。"),
    "exit_to_national_market": ActWords(
        "accounts", "退出至全国市场", "Exit to the national market",
        "重点排放单位转入全国市场:至最后一日只卖不买;须两人。",
    ),
    # keys and certificates
    "register_key": ActWords("keys", "登记密钥", "Register a key", "登记一把 Ed25519 公钥,及其可用的账户与权限。"),
    "revoke_key": ActWords("keys", "吊销密钥", "Revoke a key", "密钥吊销,其会话立即结束。"),
    "register_operator": ActWords("keys", "登记操作员", "Register an operator", "登记一名操作员及其 Ed25519 公钥。"),
    "trust_authority": ActWords("keys", "信任电子认证机构", "Trust an authority", "列入信任名单;其签发的证书可用于登录;须两人。"),
    "distrust_authority": ActWords(
        "keys", "撤销对认证机构的信任", "Distrust an authority",
        "移出信任名单;以其证书打开的一切立即结束;须两人。",
    ),
    "revoke_certificates": ActWords(
        "keys", "登记证书吊销", "Revoke certificates",
        "按序列号登记已吊销的证书;以其打开的立即结束。",
    ),
    # registry
    "issue_offsets": ActWords("registry", "登记减排量", "Issue offsets", "一个项目的核证减排量(CCER、CQCER)按序列号登记到账户。"),
    "cancel_units": ActWords("registry", "注销", "Cancel units", "永久注销账户可用的单位。", "Cancel available units for good."),
    "encumber_units": ActWords(
        "registry", "冻结或质押", "Encumber units",
        "单位暂离交易:司法冻结、质押或转出至登记账户。",
        "Set units apart from trading.",
    ),
    "release_units": ActWords("registry", "解除冻结或质押", "Release units", "解除后单位可再交易。"),
    "enforce_encumbrance": ActWords(
        "registry", "扣划", "Enforce an encumbrance",
        "把冻结或质押的单位划入另一账户(司法扣划、质押实现)。",
    ),
    "transfer_units": ActWords(
        "registry", "非交易过户", "Transfer units",
        "可用单位不经交易划转。",
        "Move available units between accounts without a trade.",
    ),
    # allocation and compliance
    "set_allocation_plan": ActWords(
        "compliance", "配额分配方案", "Set an allocation plan",
        "确定或变更一年的配额总量与政府预留;须两人。",
    ),
    "allocate_units": ActWords("compliance", "发放配额", "Allocate units", "向一个账户发放单位。", "Issue units to one account."),
    "import_allocations": ActWords(
        "compliance", "批量发放", "Import allocations",
        "按清单发放,任一行有误则全部不发;须两人。有文件时请用“文件导入”页。",
    ),
    "import_emissions": ActWords(
        "compliance", "导入核定排放量", "Import verified emissions",
        "按报送系统的清单记录,任一行有误则全部不记。有文件时请用“文件导入”页。",
    ),
    "preallocate_units": ActWords("compliance", "预分配", "Preallocate units", "提前发放当年部分免费配额;调整前不得交易。"),
    "true_up_allocation": ActWords(
        "compliance", "多退少补", "True up an allocation",
        "确定全年免费配额,与预分配多退少补。",
        "Settle a pre-allocation: the quantity is the year's free allocation in all, more or less than was issued ahead.",
    ),
    "file_objection": ActWords(
        "compliance", "登记复核申请", "Record a request for review",
        "登记单位对配额或核查结果的复核申请。",
        "Record a unit's request for review of its allocation or verification.",
    ),
    "decide_objection": ActWords(
        "compliance", "复核决定", "Record a review's decision",
        "登记主管部门对复核申请的决定;由此产生的调整另行提出。",
    ),
    "surrender_units": ActWords(
        "compliance", "清缴", "Surrender units",
        "为履约年度清缴;“末次”确认该年度完成。",
        "Surrender units for a compliance year; the final one confirms the year and ends its retention.",
    ),
    "decide_filing": ActWords(
        "compliance", "确认清缴申报", "Decide a surrender filing",
        "登记机构确认或退回一份待定的清缴申报。",
    ),
    # auctions
    "announce_auction": ActWords(
        "auctions", "竞价公告", "Announce an auction",
        "公告一次密封的有偿竞价、回购或单向竞价;卖方单位或回购预算即行冻结。",
        "The notice of a sealed auction or buy-back. From now on the seller's units, or the budget of a buy-back, are held.",
    ),
    "open_auction": ActWords("auctions", "开始受理出价", "Open an auction", "打开窗口,自此受理密封出价。"),
    "close_auction": ActWords(
        "auctions", "截止并出清", "Close and clear an auction",
        "关闭窗口并出清:成交交收,公布结果,退还未中者保证。",
    ),
    "cancel_auction": ActWords("auctions", "取消竞价", "Cancel an auction", "取消未出清的竞价:出价与冻结全部解除。"),
    # cash and settlement
    "deposit_cash": ActWords(
        "settlement", "入金", "Deposit cash",
        "结算银行已为账户收到的资金。",
        "Money that the settlement bank has received for an account.",
    ),
    "withdraw_cash": ActWords("settlement", "出金", "Withdraw cash", "从账户支付可用资金。", "Pay free cash out of an account."),
    "retry_settlement": ActWords(
        "settlement", "重试交收", "Retry settlement",
        "再次执行失败的交收指令;不填则全部。",
        "Order settlement to try a failed instruction again; none named: all.",
    ),
    "import_bank_file": ActWords(
        "settlement", "导入银行对账文件", "Import the bank's file",
        "一个已闭市日的银行余额;请用“文件导入”页。",
    ),
    "record_bank_comparison": ActWords(
        "settlement", "记录银行比对", "Record the bank's comparison",
        "系统比对银行文件的结果;只由交易所系统记录。",
    ),
    "resolve_bank_break": ActWords("settlement", "处理银行差异", "Resolve a bank break", "处理账面与银行的一项差异;须两人。"),
    "use_risk_reserve": ActWords(
        "settlement", "动用风险准备金", "Use the risk reserve",
        "为不能支付的账户垫付,其自此欠付该额;须两人。",
    ),
    "recover_risk_reserve": ActWords(
        "settlement", "追偿风险准备金", "Recover the risk reserve",
        "从账户可用资金收回已垫付的金额。",
    ),
    "fund_risk_reserve": ActWords(
        "settlement", "补足风险准备金", "Fund the risk reserve",
        "结算银行已为风险准备金收到的交易所资金。",
    ),
    "decide_statement_objection": ActWords(
        "settlement", "答复结算单异议", "Decide a statement objection",
        "对结算单异议书面答复;须两人。",
    ),
    "void_trade": ActWords(
        "settlement", "撤销交易", "Void a trade",
        "以新分录冲回双方;不删除任何记录;须两人。",
        "Void a trade: both legs go back by new postings, nothing is deleted; what the trade was the exchange fills in. Two persons.",
    ),
    # supervision
    "restrict": ActWords(
        "supervision", "限制账户", "Restrict an account",
        "限制账户的登录、买、卖、转出或出金;相应委托撤销。",
        "Restrict what an account may do. Open orders it covers are canceled.",
    ),
    "lift_restriction": ActWords(
        "supervision", "解除限制", "Lift a restriction",
        "解除所列范围;不填编号则对所有在生效的。",
        "Lift the named scopes: of one restriction, or of all that are in force.",
    ),
    "review_restriction": ActWords(
        "supervision", "复查限制", "Review a restriction",
        "记录已复查并维持,及下次复查日;不填则不再复查。",
        "Record that a restriction was reviewed and stays, and when it is reviewed next; none: no more.",
    ),
    "engage_kill_switch": ActWords(
        "supervision", "紧急停止", "Engage a kill switch",
        "所指对象不得新增委托,未成交的立即结束;一人即可。",
    ),
    "release_kill_switch": ActWords(
        "supervision", "解除紧急停止", "Release a kill switch",
        "解除紧急停止,会员自设的亦可;须两人。",
    ),
    "open_case": ActWords(
        "supervision", "立案", "Open a case",
        "对账户立案,可附所依据的预警编号。",
        "Open a case about an account, with the alerts that it rests on.",
    ),
    "add_case_step": ActWords(
        "supervision", "案件措施", "Add a case step",
        "为案件添加一步:记录、答复或一项分级监管措施。",
        "Add a step to a case: a note, an answer, or a measure of graduated supervision.",
    ),
    "close_case": ActWords(
        "supervision", "结案", "Close a case",
        "结案;认定违规的记入信用记录。",
        "Close a case; a confirmed breach goes into the credit record.",
    ),
    "order_reduction": ActWords(
        "supervision", "责令减持", "Order a reduction",
        "责令权益人在截止日收市前减至不超过所定数量。",
        "Order an account's beneficial owner to hold no more than this of a product by the close of the day due.",
    ),
    "link_accounts": ActWords("supervision", "认定账户组", "Link accounts", "不同权益人的账户因证据认定为一组。"),
    "unlink_accounts": ActWords("supervision", "解除账户组", "Unlink accounts", "认定不成立或已终止;记录保留。"),
    "strike_credit_record": ActWords("supervision", "撤销信用记录", "Strike a credit record", "撤销不应存在的信用记录;须两人。"),
    # disclosure
    "publish_bulletin": ActWords(
        "disclosure", "公布公报", "Publish a bulletin",
        "按内容的 SHA-256 公布;请先在“公报”页预览与签名。",
        "Publish the bulletin whose content has this SHA-256; look at it and sign it in the view of bulletins first.",
    ),
    "correct_bulletin": ActWords("disclosure", "更正公报", "Correct a bulletin", "按登记簿现状重出一期公报;旧版本保留;须两人。"),
    "publish_notice": ActWords("disclosure", "发布公告", "Publish a notice", "以交易所名义向公众发布,纯文本;须两人。"),
    "publish_report": ActWords(
        "disclosure", "发布监测报告", "Publish a monitor's report",
        "按原文签发竞价或期间的监测报告;须两人。",
    ),
    "record_dispatch": ActWords("disclosure", "登记报送", "Record a dispatch", "登记已向主管部门报送的文件,待办随之完成。"),
}  # fmt: skip
