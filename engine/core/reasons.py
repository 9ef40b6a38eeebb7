"""Why something is refused: one closed catalogue of numbers, names and sentences, in ranges by area.

Each number is given once and never reused (2006 and 6003 stood here once, and no door ever gave them). The same table drives the
server, the client, the documents and the pages.
`retry` tells a program what to do: never (mend the request), same_id (send it again unchanged), after (wait for
retry_after_ms), reconcile (ask order.get first), phase (when the next phase begins), contact (talk to the exchange).
"""

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """One row of the catalogue. `fix` is FIX 103 OrdRejReason; `article` the rule it rests on ("" = technical)."""

    number: int
    name: str
    retry: str
    fix: int
    en: str
    zh: str
    article: str = ""


# 1000 transport and session
MALFORMED_JSON: Final = 1001
UNKNOWN_METHOD: Final = 1002
UNKNOWN_FIELD: Final = 1003
INVALID_FIELD: Final = 1004
FRAME_TOO_LARGE: Final = 1005
NOT_AUTHENTICATED: Final = 1006
BAD_SIGNATURE: Final = 1007
NONCE_USED: Final = 1008
SESSION_LIMIT: Final = 1009
RESUME_EXPIRED: Final = 1010
SEQ_TOO_OLD: Final = 1011
BAD_SEQ: Final = 1012
UNKNOWN_CHANNEL: Final = 1013
ALREADY_AUTHENTICATED: Final = 1014
EXPIRED_REQUEST: Final = 1015
UNKNOWN_SESSION: Final = 1016
NO_DEAD_MAN: Final = 1017
LOGIN_REFUSED: Final = 1018
LOGIN_LOCKED: Final = 1019
LOGIN_NEEDED: Final = 1020
TICKET_INVALID: Final = 1021
PASSWORD_WEAK: Final = 1022
ORIGIN_REFUSED: Final = 1023
KEY_EXPIRED: Final = 1024
ADDRESS_NOT_ALLOWED: Final = 1025
CERTIFICATE_REQUIRED: Final = 1026
CERTIFICATE_DIFFERS: Final = 1027
CERTIFICATE_UNTRUSTED: Final = 1028
CERTIFICATE_EXPIRED: Final = 1029
CERTIFICATE_REVOKED: Final = 1030
CERTIFICATE_INVALID: Final = 1031
LAST_FACTOR: Final = 1032
PASSKEY_LIMIT: Final = 1033
PASSKEY_NO_DOMAIN: Final = 1034
# 2000 permission and member state
NOT_PERMITTED: Final = 2001
PARTICIPANT_SUSPENDED: Final = 2002
NOT_QUALIFIED: Final = 2003
NOT_ELIGIBLE: Final = 2004
ACCOUNT_RESTRICTED: Final = 2005
UNKNOWN_ACCOUNT: Final = 2007
SELF_APPROVAL: Final = 2008
UNKNOWN_PROPOSAL: Final = 2009
CONTENT_CHANGED: Final = 2010
UNKNOWN_OPERATOR: Final = 2011
KEY_REVOKED: Final = 2012
ALREADY_EXISTS: Final = 2013
ACT_NOT_ALLOWED_NOW: Final = 2014
ACT_INVALID: Final = 2015
PROPOSAL_EXPIRED: Final = 2016
RULEBOOK_INVALID: Final = 2017
RULEBOOK_NOT_NEWER: Final = 2018
RULEBOOK_TOO_SOON: Final = 2019
RULEBOOK_FIXED_RULE: Final = 2020
NOT_TRADING_DAY: Final = 2021
CALENDAR_ENDED: Final = 2022
DAY_NOT_FIXED: Final = 2023
NOT_RECONCILED: Final = 2024
BANK_FILE_MISSING: Final = 2025
BANK_BREAK_OPEN: Final = 2026
OUTSIDE_HOURS: Final = 2027
UNKNOWN_BREAK: Final = 2028
BANK_FILE_TOTAL: Final = 2029
TEXT_NOT_PLAIN: Final = 2030
UNKNOWN_PARTICIPANT: Final = 2031
CREDIT_CODE_INVALID: Final = 2032
PERSON_BANNED: Final = 2033
UNKNOWN_USER: Final = 2034
RIGHT_NOT_HELD: Final = 2035
UNKNOWN_ASSOCIATION: Final = 2036
KILL_SWITCH_ENGAGED: Final = 2037
UNKNOWN_KILL_SWITCH: Final = 2038
TWO_USERS_NEEDED: Final = 2039
UNKNOWN_LINK: Final = 2040
UNKNOWN_AUTHORITY: Final = 2041
UNKNOWN_KEY: Final = 2042
WRONG_ENVIRONMENT: Final = 2050
PAST_DAY: Final = 2051
# 3000 limits
RATE_LIMITED: Final = 3001
TOO_MANY_OPEN_ORDERS: Final = 3002
OVERLOADED: Final = 3003
TOO_MANY_PROPOSALS: Final = 3004
SLOW_FOLLOWER: Final = 3005
OWN_ORDER_VALUE: Final = 3006
OWN_ORDER_QUANTITY: Final = 3007
OWN_OPEN_VALUE: Final = 3008
# 4000 order content
UNKNOWN_INSTRUMENT: Final = 4001
MARKET_CLOSED: Final = 4002
PRICE_OUT_OF_BAND: Final = 4003
INSTRUMENT_HALTED: Final = 4004
PRICE_OFF_TICK: Final = 4005
QTY_BELOW_MIN: Final = 4006
QTY_ABOVE_MAX: Final = 4007
TIF_NOT_ALLOWED: Final = 4008
FLOAT_NOT_ALLOWED: Final = 4009
SELF_MATCH: Final = 4010
CLIENT_ORDER_ID_CONFLICT: Final = 4011
UNKNOWN_ORDER: Final = 4012
ALREADY_FILLED: Final = 4013
ALREADY_CANCELED: Final = 4014
NO_CHANGE: Final = 4015
QTY_OFF_LOT: Final = 4016
VALUE_ABOVE_MAX: Final = 4017
PHASE_FORBIDS: Final = 4018
WOULD_TAKE: Final = 4019
FOK_NOT_FILLABLE: Final = 4020
QTY_BELOW_FILLED: Final = 4021
METHOD_NOT_OPEN: Final = 4022
METHOD_NOT_ALLOWED: Final = 4023
UNKNOWN_OFFER: Final = 4024
COUNTERPARTY_GONE: Final = 4025
LEVEL_NOT_PICKABLE: Final = 4026
PICK_REQUIRED: Final = 4027
SIDE_NOT_ALLOWED: Final = 4028
UNKNOWN_INTENTION: Final = 4029
# 4100 why an accepted order ended without the member asking
DAY_ENDED: Final = 4101
IOC_REMAINDER: Final = 4102
SELF_TRADE_PREVENTED: Final = 4103
RESTRICTION_IMPOSED: Final = 4104
COUNTERPARTY_DECLINED: Final = 4105
COUNTERPARTY_COUNTERED: Final = 4106
KILL_SWITCH_PULLED: Final = 4107
SESSION_LOST: Final = 4108
DEAD_MAN_FIRED: Final = 4109
# 4200 government auctions and buy-backs
UNKNOWN_AUCTION: Final = 4201
AUCTION_NOT_OPEN: Final = 4202
UNKNOWN_BID: Final = 4203
BID_NOT_WITHDRAWABLE: Final = 4204
BIDDER_NOT_ELIGIBLE: Final = 4205
BID_BELOW_FLOOR: Final = 4206
BID_ABOVE_CEILING: Final = 4207
BID_ABOVE_CAP: Final = 4208
TOO_MANY_BIDS: Final = 4209
TOO_MANY_AUCTIONS: Final = 4210
NOTHING_TO_CARRY_OVER: Final = 4211
CARRY_OVER_ABOVE_VOLUME: Final = 4212
OWN_AUCTION: Final = 4213
BID_NOT_AWARDED: Final = 4221
AUCTION_CANCELED: Final = 4222
AUCTION_UNDERSUBSCRIBED: Final = 4223
AUCTION_NOT_HELD: Final = 4224
SELLER_BARRED: Final = 4225
BUYER_BARRED: Final = 4226
# 5000 funds and holdings
INSUFFICIENT_CASH: Final = 5001
INSUFFICIENT_ALLOWANCE: Final = 5002
UNITS_LOCKED: Final = 5003
HOLDING_LIMIT: Final = 5004
HOLDER_CAP: Final = 5005
OBLIGATION_RESERVED: Final = 5006
RESERVE_TOO_SMALL: Final = 5020
NOTHING_OWED: Final = 5021
USE_RESTRICTED: Final = 5007
# 6000 settlement and registry
UNKNOWN_DOCUMENT: Final = 6006
RECONCILIATION_BREAK: Final = 6007
FORM_NOT_INSTALLED: Final = 6008
# 6020 the compliance year and the registry's acts
NOT_KEY_EMITTER: Final = 6020
EMISSIONS_NOT_VERIFIED: Final = 6021
OBLIGATION_NOT_MET: Final = 6022
COMPLIANCE_YEAR_CLOSED: Final = 6023
OFFSET_NOT_ALLOWED: Final = 6024
OFFSET_LIMIT: Final = 6025
OFFSET_ORIGIN: Final = 6026
NOT_RESERVE: Final = 6027
UNKNOWN_ENCUMBRANCE: Final = 6028
NOT_PREALLOCATED: Final = 6029
OBJECTION_TOO_LATE: Final = 6030
NO_OPEN_OBJECTION: Final = 6031
NOT_MERGEABLE: Final = 6032
ACCOUNT_MERGED: Final = 6033
UNITS_FROZEN: Final = 6034
REVIEW_OPEN: Final = 6035
NOT_SPLITTABLE: Final = 6036
ACCOUNT_SPLIT: Final = 6037
SPLIT_ABOVE_RECORD: Final = 6038
SERIALS_TAKEN: Final = 6039
OFFSET_OWN_BOUNDARY: Final = 6040
ALLOCATION_PLAN_EXCEEDED: Final = 6041
FILING_OPEN: Final = 6042
UNKNOWN_FILING: Final = 6043
ACCOUNT_LEAVING: Final = 6051
ACCOUNT_CLOSED: Final = 6052
ACCOUNT_HAS_UNITS: Final = 6053
ACCOUNT_HAS_CASH: Final = 6054
ACCOUNT_OWES: Final = 6055
STATEMENT_FINAL: Final = 6071
STATEMENT_ANSWERED: Final = 6072
UNKNOWN_OBJECTION: Final = 6073
SETTLEMENT_UNFINISHED: Final = 6074
UNKNOWN_TRADE: Final = 6075
TRADE_VOID: Final = 6076
VOID_TOO_LATE: Final = 6077
TRADE_DISPUTED: Final = 6078
AWAITS_CYCLE: Final = 6079
# 6100 supervision
UNKNOWN_RESTRICTION: Final = 6101
UNKNOWN_CASE: Final = 6102
NOT_LARGE_HOLDER: Final = 6103
TOO_MANY_RECORDS: Final = 6104
UNKNOWN_CREDIT_RECORD: Final = 6105
# 9000 internal
OUTCOME_UNKNOWN: Final = 9001
ENGINE_RECOVERING: Final = 9002
INTERNAL: Final = 9003

CATALOGUE: Final[tuple[Reason, ...]] = (
    Reason(
        1001,
        "MALFORMED_JSON",
        "never",
        99,
        "The frame is not one well-formed JSON object.",
        "报文不是一个格式正确的 JSON 对象。",
    ),
    Reason(1002, "UNKNOWN_METHOD", "never", 99, "There is no such method.", "没有这个方法。"),
    Reason(
        1003,
        "UNKNOWN_FIELD",
        "never",
        99,
        "The request has a field that the method does not know.",
        "请求中有该方法不认识的字段。",
    ),
    Reason(
        1004,
        "INVALID_FIELD",
        "never",
        99,
        "A field is missing or its value is not allowed.",
        "缺少字段,或字段取值不被允许。",
    ),
    Reason(1005, "FRAME_TOO_LARGE", "never", 99, "The frame is larger than the limit.", "报文超过长度上限。"),
    Reason(1006, "NOT_AUTHENTICATED", "never", 99, "Log in first with session.auth.", "请先用 session.auth 登录。"),
    Reason(
        1007,
        "BAD_SIGNATURE",
        "never",
        99,
        "The key is unknown or its signature does not match.",
        "密钥未知或签名不符。",
    ),
    Reason(
        1008,
        "NONCE_USED",
        "never",
        99,
        "This login text has been used; connect again for a new nonce.",
        "该登录随机数已用过,请重新连接。",
    ),
    Reason(
        1009,
        "SESSION_LIMIT",
        "after",
        99,
        "Too many connections for this key or address.",
        "该密钥或地址的连接数过多。",
    ),
    Reason(
        1010,
        "RESUME_EXPIRED",
        "never",
        99,
        "This session cannot be gone on with (any more): log in with session.auth.",
        "该会话已不能续接,请用 session.auth 重新登录。",
    ),
    Reason(
        1011,
        "SEQ_TOO_OLD",
        "never",
        99,
        "The channel no longer holds that seq; take the snapshot.",
        "频道已不再保存该序号,请以快照重新开始。",
    ),
    Reason(1012, "BAD_SEQ", "never", 99, "The seq is not one of this channel's.", "序号不属于该频道。"),
    Reason(
        1013, "UNKNOWN_CHANNEL", "never", 99, "There is no such channel, or it is not yours.", "没有该频道,或无权订阅。"
    ),
    Reason(1014, "ALREADY_AUTHENTICATED", "never", 99, "This connection is logged in already.", "该连接已登录。"),
    Reason(
        1015,
        "EXPIRED_REQUEST",
        "never",
        99,
        "The request's expires_at had passed when it arrived.",
        "请求到达时已超过 expires_at。",
    ),
    Reason(
        1016,
        "UNKNOWN_SESSION",
        "never",
        99,
        "The session has ended, and with it its orders; log in again.",
        "会话已结束,其申报已撤销,请重新登录。",
    ),
    Reason(1017, "NO_DEAD_MAN", "never", 99, "No dead-man timer is set for the account.", "该账户未设失联撤单计时。"),
    Reason(
        1018,
        "LOGIN_REFUSED",
        "never",
        99,
        "Name, password, code or second factor is not right, or was used before.",
        "用户名、密码、登录码或第二要素不正确,或已使用过。",
        "GB/T 22239-2019 8.1.4.1",
    ),
    Reason(
        1019,
        "LOGIN_LOCKED",
        "after",
        99,
        "Too many failed logins; wait for as many seconds as `actual` says.",
        "登录失败次数过多,请等待 actual 所示秒数后再试。",
        "GB/T 22239-2019 8.1.4.1",
    ),
    Reason(
        1020,
        "LOGIN_NEEDED",
        "never",
        99,
        "There is no session, or it has ended; log in at /login.",
        "未登录或会话已结束,请到 /login 登录。",
    ),
    Reason(
        1021,
        "TICKET_INVALID",
        "never",
        99,
        "The ticket is unknown, used or too old, or is for another door.",
        "票据未知、已使用、已过期,或不适用于此入口。",
    ),
    Reason(
        1022,
        "PASSWORD_WEAK",
        "never",
        99,
        "The password is too short or too simple, or holds the user's name.",
        "密码过短、过于简单,或包含用户名。",
    ),
    Reason(
        1023,
        "ORIGIN_REFUSED",
        "never",
        99,
        "The request comes from a page that is not the exchange's own.",
        "请求并非来自本交易所的页面。",
    ),
    Reason(
        1024,
        "KEY_EXPIRED",
        "contact",
        99,
        "The key's last day is past; have a new one registered.",
        "密钥已过有效期,请重新登记。",
    ),
    Reason(
        1025,
        "ADDRESS_NOT_ALLOWED",
        "contact",
        99,
        "The key may not be used from this address.",
        "该密钥不得从此网络地址使用。",
    ),
    Reason(
        1026,
        "CERTIFICATE_REQUIRED",
        "never",
        99,
        "The connection has to show the certificate with which the key is registered.",
        "连接须出示与密钥登记一致的数字证书。",
        "CY item 5",
    ),
    Reason(
        1027,
        "CERTIFICATE_DIFFERS",
        "never",
        99,
        "The certificate is not that of the key, or does not name its participant.",
        "数字证书与该密钥或其参与人不符。",
        "CY item 5",
    ),
    Reason(
        1028,
        "CERTIFICATE_UNTRUSTED",
        "contact",
        99,
        "The certificate was not issued by an authority that the trust list has today.",
        "签发该数字证书的机构目前不在信任列表内。",
        "CY item 5",
    ),
    Reason(
        1029,
        "CERTIFICATE_EXPIRED",
        "contact",
        99,
        "The certificate is not in force: its time has not begun or is over.",
        "数字证书尚未生效或已过期。",
        "CY item 5",
    ),
    Reason(
        1030, "CERTIFICATE_REVOKED", "contact", 99, "The certificate was revoked.", "数字证书已被吊销。", "CY item 5"
    ),
    Reason(
        1031,
        "CERTIFICATE_INVALID",
        "never",
        99,
        "The certificate cannot be read, or is not one for this purpose.",
        "数字证书无法识别或不适用于此用途。",
        "CY item 5",
    ),
    Reason(
        1032,
        "LAST_FACTOR",
        "never",
        99,
        "It is the only second factor of this login; add another one first.",
        "这是该登录仅有的第二要素,请先添加另一个。",
        "GB/T 22239-2019 8.1.4.1",
    ),
    Reason(
        1033,
        "PASSKEY_LIMIT",
        "never",
        99,
        "The login has as many passkeys as it may; remove one first.",
        "通行密钥数量已达上限,请先移除一个。",
    ),
    Reason(
        1034,
        "PASSKEY_NO_DOMAIN",
        "never",
        99,
        "Passkeys belong to a domain name, and the page was opened by an address or under another domain.",
        "通行密钥须绑定域名;当前页面以地址打开,或不在交易所域名之下。",
    ),
    Reason(2001, "NOT_PERMITTED", "never", 99, "This key may not do that.", "该密钥无权进行此操作。"),
    Reason(
        2002,
        "PARTICIPANT_SUSPENDED",
        "contact",
        99,
        "The participant is suspended.",
        "该交易参与人已被暂停交易资格。",
        "CQ-M Art. 30; CN-R Art. 7",
    ),
    Reason(
        2003,
        "NOT_QUALIFIED",
        "contact",
        99,
        "A qualification that the account's class needs is missing, or not in force today.",
        "缺少该类主体须具备的适当性条件,或其不在有效期内。",
        "CQ-M Art. 16",
    ),
    Reason(
        2004,
        "NOT_ELIGIBLE",
        "never",
        99,
        "Accounts of this class may not trade this product, or not by this method.",
        "该类主体不得交易该产品,或不得采用该交易方式。",
        "CQ-M Art. 16",
    ),
    Reason(
        2005,
        "ACCOUNT_RESTRICTED",
        "contact",
        99,
        "A restriction on the account forbids this.",
        "账户受限制,不能进行此操作。",
        "CQ-M Art. 30",
    ),
    Reason(
        2007,
        "UNKNOWN_ACCOUNT",
        "never",
        15,
        "There is no such account, or it is not yours.",
        "没有该账户,或账户不属于您。",
        "CQ-M Art. 18",
    ),
    Reason(
        2008, "SELF_APPROVAL", "never", 99, "The proposer cannot approve their own act.", "发起人不能复核自己的操作。"
    ),
    Reason(2009, "UNKNOWN_PROPOSAL", "never", 99, "There is no such pending proposal.", "没有该待复核的操作。"),
    Reason(
        2010,
        "CONTENT_CHANGED",
        "never",
        99,
        "The approval is for other content than the proposal's.",
        "复核的内容与发起的内容不一致。",
    ),
    Reason(
        2011,
        "UNKNOWN_OPERATOR",
        "never",
        99,
        "There is no such operator, or they may not do that.",
        "没有该操作员,或其无权进行此操作。",
    ),
    Reason(2012, "KEY_REVOKED", "contact", 99, "The key was revoked.", "密钥已被吊销。"),
    Reason(2013, "ALREADY_EXISTS", "never", 99, "It exists already.", "已经存在。"),
    Reason(
        2014,
        "ACT_NOT_ALLOWED_NOW",
        "phase",
        99,
        "The act does not fit the present phase of the day.",
        "该操作与当前交易阶段不符。",
    ),
    Reason(2015, "ACT_INVALID", "never", 99, "The act's content is not valid.", "操作内容无效。"),
    Reason(
        2016, "PROPOSAL_EXPIRED", "never", 99, "The proposal has lapsed; propose it again.", "该发起已过期,请重新发起。"
    ),
    Reason(
        2017,
        "RULEBOOK_INVALID",
        "never",
        99,
        "The text is not a valid rule book; `yutan rulebook check` names every fault.",
        "规则文本无效;`yutan rulebook check` 会列出全部错误。",
    ),
    Reason(
        2018,
        "RULEBOOK_NOT_NEWER",
        "never",
        99,
        "The version is not above the newest one adopted.",
        "规则版本号须高于已采纳的最新版本。",
    ),
    Reason(
        2019,
        "RULEBOOK_TOO_SOON",
        "never",
        99,
        "A rule book takes effect on a later trading day than the last one opened.",
        "新规则只能自最近开市日之后的交易日起生效。",
    ),
    Reason(
        2020,
        "RULEBOOK_FIXED_RULE",
        "never",
        99,
        "The change touches what a running market may not change.",
        "该变更涉及市场运行中不得变更的规则。",
    ),
    Reason(
        2021,
        "NOT_TRADING_DAY",
        "never",
        99,
        "The date is not a trading day; limit is the next one. An opening can be announced.",
        "该日期不是交易日;limit 为下一交易日。可先发布开市公告。",
        "CN-SH",
    ),
    Reason(
        2022,
        "CALENDAR_ENDED",
        "contact",
        99,
        "No holiday notice covers the date; limit is the last day covered. Adopt that year's notice first.",
        "该日期所在年份的节假日安排尚未录入;limit 为已覆盖的最后一日。请先录入该年通知。",
        "CN-SH",
    ),
    Reason(
        2023,
        "DAY_NOT_FIXED",
        "after",
        99,
        "The day's values are not fixed yet; they are to be fixed before it opens.",
        "当日参数尚未固定,须先固定后方可开市。",
    ),
    Reason(
        2024,
        "NOT_RECONCILED",
        "after",
        99,
        "The last trading day is not reconciled yet; without that the next does not open.",
        "上一交易日尚未完成对账,不得开市。",
        "CQ-M Art. 5",
    ),
    Reason(
        2025,
        "BANK_FILE_MISSING",
        "after",
        99,
        "The bank's file of the last trading day has not been imported and compared.",
        "上一交易日的银行对账文件尚未导入核对。",
    ),
    Reason(
        2026,
        "BANK_BREAK_OPEN",
        "contact",
        99,
        "Differences between the ledger and the bank's file wait for a remedy.",
        "资金账与银行对账文件的差异尚待处理。",
    ),
    Reason(
        2027,
        "OUTSIDE_HOURS",
        "phase",
        99,
        "It is outside the hours for this; limit and actual are times hhmmss.",
        "不在办理时段内;所示数值为时刻 hhmmss。",
    ),
    Reason(2028, "UNKNOWN_BREAK", "never", 99, "There is no such open difference.", "没有该待处理的差异。"),
    Reason(
        2029,
        "BANK_FILE_TOTAL",
        "never",
        99,
        "The balances of the bank's file do not add up to its total.",
        "银行对账文件各账户余额之和与总额不符。",
    ),
    Reason(
        2030,
        "TEXT_NOT_PLAIN",
        "never",
        99,
        "The text holds a control, invisible or direction-changing character.",
        "文本含有控制字符、不可见字符或改变书写方向的字符。",
    ),
    Reason(2031, "UNKNOWN_PARTICIPANT", "never", 99, "There is no such participant.", "没有该交易参与人。"),
    Reason(
        2032,
        "CREDIT_CODE_INVALID",
        "never",
        99,
        "An identity of 18 characters is a unified social credit code, and its check character is wrong.",
        "18 位标识须为统一社会信用代码,其校验位有误。",
        "GB 32100",
    ),
    Reason(
        2033,
        "PERSON_BANNED",
        "never",
        99,
        "This identity is on the list of those who may not take part.",
        "该主体在禁止参与交易的名单中。",
        "CN-R Art. 7, 20",
    ),
    Reason(
        2034,
        "UNKNOWN_USER",
        "never",
        99,
        "There is no such user, or they have been removed.",
        "没有该操作人员,或其已被移除。",
    ),
    Reason(
        2035,
        "RIGHT_NOT_HELD",
        "never",
        99,
        "A key may have no right that its user does not have.",
        "密钥权限不得超出操作人员的权限。",
    ),
    Reason(2036, "UNKNOWN_ASSOCIATION", "never", 99, "There is no such association.", "没有该关联关系。"),
    Reason(
        2037,
        "KILL_SWITCH_ENGAGED",
        "contact",
        99,
        "A kill switch is engaged here: nothing new is taken; cancels and surrender stay possible.",
        "紧急停止已启用:不接受新的申报,撤单和清缴不受影响。",
    ),
    Reason(
        2038,
        "UNKNOWN_KILL_SWITCH",
        "never",
        99,
        "No kill switch of this number is in force, or it is not yours.",
        "没有此编号的有效紧急停止,或无权解除。",
    ),
    Reason(
        2039,
        "TWO_USERS_NEEDED",
        "never",
        99,
        "This takes two users of the participant; a key without a user cannot do it.",
        "须由参与人的两名操作人员办理;未绑定操作人员的密钥不能办理。",
    ),
    Reason(2040, "UNKNOWN_LINK", "never", 99, "There is no such link in force.", "没有该有效的账户关联记录。"),
    Reason(
        2041, "UNKNOWN_AUTHORITY", "never", 99, "The trust list knows no such authority.", "信任列表中没有该认证机构。"
    ),
    Reason(2042, "UNKNOWN_KEY", "never", 99, "There is no such key of this participant.", "该交易参与人没有此密钥。"),
    Reason(
        2050,
        "WRONG_ENVIRONMENT",
        "never",
        99,
        "This belongs to another environment: keys that begin with test_ and simulated faults to a rehearsal market alone.",
        "与本环境不符:以 test_ 开头的密钥和模拟故障仅限演练市场。",
    ),
    Reason(
        2051,
        "PAST_DAY",
        "never",
        99,
        "This is the replay of a past day: everyone may watch, nobody logs in or trades.",
        "此处为历史交易日回放:仅供公开观看,不能登录或交易。",
    ),
    Reason(
        3001,
        "RATE_LIMITED",
        "after",
        3,
        "Too many requests; wait retry_after_ms.",
        "请求过于频繁,请按 retry_after_ms 等待。",
    ),
    Reason(
        3002,
        "TOO_MANY_OPEN_ORDERS",
        "never",
        3,
        "The account has the most open orders it may have.",
        "账户未成交委托数已达上限。",
    ),
    Reason(
        3003,
        "OVERLOADED",
        "after",
        99,
        "The exchange takes no new orders for a moment; cancels work.",
        "系统繁忙,暂不接受新委托;可以撤单。",
    ),
    Reason(
        3004,
        "TOO_MANY_PROPOSALS",
        "never",
        99,
        "Too many proposals wait for a second person.",
        "待复核的操作过多。",
    ),
    Reason(
        3005,
        "SLOW_FOLLOWER",
        "after",
        99,
        "The connection reads too slowly; reconnect and resume.",
        "连接读取过慢,请重连并续传。",
    ),
    Reason(
        3006,
        "OWN_ORDER_VALUE",
        "never",
        3,
        "The value is above the limit that the member has set for the account.",
        "申报金额超过会员为该账户自设的限额。",
    ),
    Reason(
        3007,
        "OWN_ORDER_QUANTITY",
        "never",
        3,
        "The quantity is above the limit that the member has set for the account.",
        "申报数量超过会员为该账户自设的限额。",
    ),
    Reason(
        3008,
        "OWN_OPEN_VALUE",
        "never",
        3,
        "All that is open would be worth more than the member has set for the account.",
        "未成交申报的总金额将超过会员为该账户自设的限额。",
    ),
    Reason(4001, "UNKNOWN_INSTRUMENT", "never", 1, "There is no such instrument.", "没有该交易品种。"),
    Reason(4002, "MARKET_CLOSED", "phase", 2, "The market is closed now.", "当前为闭市时段。", "CN-SH"),
    Reason(
        4003,
        "PRICE_OUT_OF_BAND",
        "never",
        16,
        "The price is outside the day's price limits.",
        "价格超出当日涨跌幅限制。",
        "CN-SH",
    ),
    Reason(4004, "INSTRUMENT_HALTED", "phase", 2, "The instrument is halted.", "该品种已暂停交易。", "CQ-M Art. 30"),
    Reason(
        4005,
        "PRICE_OFF_TICK",
        "never",
        99,
        "The price is not positive or not on the tick.",
        "价格须为正且符合最小变动单位。",
        "CN-21",
    ),
    Reason(
        4006, "QTY_BELOW_MIN", "never", 13, "The quantity is below the smallest allowed.", "数量低于下限。", "CN-21"
    ),
    Reason(
        4007, "QTY_ABOVE_MAX", "never", 13, "The quantity is above the largest allowed.", "数量超过单笔上限。", "CN-SH"
    ),
    Reason(
        4008,
        "TIF_NOT_ALLOWED",
        "phase",
        99,
        "This time in force is not allowed in this phase.",
        "当前阶段不允许该有效期类型。",
    ),
    Reason(
        4009,
        "FLOAT_NOT_ALLOWED",
        "never",
        99,
        "Send prices as decimal strings and quantities as integers.",
        "价格请用十进制字符串,数量请用整数。",
    ),
    Reason(
        4010,
        "SELF_MATCH",
        "never",
        99,
        "The order would meet an order of the same owner.",
        "委托会与同一实际控制人的委托成交。",
    ),
    Reason(
        4011,
        "CLIENT_ORDER_ID_CONFLICT",
        "never",
        6,
        "This client order id was used with another body.",
        "该客户委托号已用于内容不同的委托。",
    ),
    Reason(4012, "UNKNOWN_ORDER", "never", 5, "There is no such order of yours.", "您没有该委托。"),
    Reason(4013, "ALREADY_FILLED", "never", 0, "The order is filled.", "委托已全部成交。"),
    Reason(4014, "ALREADY_CANCELED", "never", 0, "The order ended without being filled.", "委托已撤销或已失效。"),
    Reason(
        4015, "NO_CHANGE", "never", 99, "The order has this price and quantity already.", "委托的价格和数量没有变化。"
    ),
    Reason(
        4016,
        "QTY_OFF_LOT",
        "never",
        13,
        "The quantity is not a multiple of the lot.",
        "数量不是最小单位的整数倍。",
        "CN-21",
    ),
    Reason(
        4017,
        "VALUE_ABOVE_MAX",
        "never",
        99,
        "Price times quantity is above the largest order value.",
        "委托金额超过上限。",
    ),
    Reason(
        4018, "PHASE_FORBIDS", "phase", 2, "This phase of the day does not allow that.", "当前交易阶段不允许此操作。"
    ),
    Reason(4019, "WOULD_TAKE", "never", 99, "A post-only order would trade at once.", "只挂单委托会立即成交。"),
    Reason(
        4020, "FOK_NOT_FILLABLE", "never", 99, "The order cannot be filled whole at once.", "委托不能立即全部成交。"
    ),
    Reason(
        4021,
        "QTY_BELOW_FILLED",
        "never",
        99,
        "The new quantity is not above what has been filled.",
        "新数量须大于已成交数量。",
    ),
    Reason(
        4022,
        "METHOD_NOT_OPEN",
        "phase",
        2,
        "This method of trading is not open now.",
        "该交易方式当前未开放。",
        "CN-SH",
    ),
    Reason(
        4023,
        "METHOD_NOT_ALLOWED",
        "never",
        99,
        "The instrument is not traded by this method.",
        "该品种不适用此交易方式。",
        "CN-SH",
    ),
    Reason(
        4024,
        "UNKNOWN_OFFER",
        "never",
        5,
        "There is no such offer by you or to you.",
        "没有由您发出或向您发出的该申报。",
    ),
    Reason(
        4025,
        "COUNTERPARTY_GONE",
        "never",
        99,
        "The offer is no longer open to you.",
        "该申报已不再对您有效。",
        "CN-SH",
    ),
    Reason(
        4026,
        "LEVEL_NOT_PICKABLE",
        "never",
        99,
        "The price is not one of the levels that may be picked now.",
        "该价位不在当前可点选的档位之内。",
        "CN-SH; GD",
    ),
    Reason(
        4027,
        "PICK_REQUIRED",
        "never",
        99,
        "A listing never trades by itself here: pick the level with ioc or fok.",
        "本市场挂单不自动成交,请以 ioc 或 fok 点选对手方档位。",
        "CN-SH; GD",
    ),
    Reason(
        4028,
        "SIDE_NOT_ALLOWED",
        "never",
        99,
        "Accounts of this class may not take this side.",
        "该类主体不得进行该方向的交易。",
        "CQ-M Art. 16",
    ),
    Reason(
        4029,
        "UNKNOWN_INTENTION",
        "never",
        99,
        "The account has no intention of this number on the board.",
        "该账户没有此编号的意向申报。",
    ),
    Reason(4101, "DAY_ENDED", "never", 0, "Day orders lapse at the close.", "当日委托闭市后自动失效。", "CN-21"),
    Reason(
        4102,
        "IOC_REMAINDER",
        "never",
        0,
        "The rest of an immediate-or-cancel order lapsed.",
        "立即成交剩余撤销委托的余量已撤销。",
    ),
    Reason(
        4103,
        "SELF_TRADE_PREVENTED",
        "never",
        0,
        "Canceled, because it met an order of the same owner.",
        "因会与同一实际控制人的委托成交而撤销。",
    ),
    Reason(
        4104,
        "RESTRICTION_IMPOSED",
        "contact",
        0,
        "Canceled, because the account was restricted.",
        "因账户被限制而撤销。",
        "CQ-M Art. 30",
    ),
    Reason(4105, "COUNTERPARTY_DECLINED", "never", 0, "The counterparty declined the offer.", "对手方已拒绝该申报。"),
    Reason(
        4106,
        "COUNTERPARTY_COUNTERED",
        "never",
        0,
        "The counterparty answered with an offer of its own.",
        "对手方已另行提出反申报。",
    ),
    Reason(4107, "KILL_SWITCH_PULLED", "never", 99, "A kill switch was engaged.", "紧急停止已启用。"),
    Reason(
        4108,
        "SESSION_LOST",
        "never",
        99,
        "The session that entered it was lost for longer than its grace.",
        "申报所属会话断开超过宽限时间。",
    ),
    Reason(4109, "DEAD_MAN_FIRED", "never", 99, "The account's dead-man timer ran out.", "该账户的失联撤单计时已到。"),
    Reason(4201, "UNKNOWN_AUCTION", "never", 99, "There is no such auction.", "没有该竞价项目。"),
    Reason(
        4202,
        "AUCTION_NOT_OPEN",
        "never",
        2,
        "The auction's window is not open.",
        "该竞价当前不在申报时段内。",
        "SH auction notices",
    ),
    Reason(4203, "UNKNOWN_BID", "never", 5, "There is no such open bid of yours.", "您没有该有效申报。"),
    Reason(
        4204,
        "BID_NOT_WITHDRAWABLE",
        "never",
        99,
        "The notice does not let bids be changed or withdrawn.",
        "按公告,申报提交后不得变更或撤回。",
        "GD auction notices 2015-17",
    ),
    Reason(
        4205,
        "BIDDER_NOT_ELIGIBLE",
        "never",
        99,
        "The notice does not admit this account to the auction.",
        "该账户不符合公告规定的竞买人条件。",
        "SH, HB auction notices",
    ),
    Reason(
        4206,
        "BID_BELOW_FLOOR",
        "never",
        16,
        "The bid is below the auction's published floor.",
        "申报价低于公布的底价。",
        "SH auction notices",
    ),
    Reason(
        4207,
        "BID_ABOVE_CEILING",
        "never",
        16,
        "The offer is above the buy-back's published ceiling.",
        "申报价高于公布的回购最高限价。",
        "CQ-M Art. 13",
    ),
    Reason(
        4208,
        "BID_ABOVE_CAP",
        "never",
        13,
        "The bidder's bids together would pass the cap per bidder.",
        "同一竞买人的申报总量超过上限。",
        "GD, SH auction notices",
    ),
    Reason(4209, "TOO_MANY_BIDS", "never", 3, "There are as many bids as may be.", "申报笔数已达上限。"),
    Reason(4210, "TOO_MANY_AUCTIONS", "never", 99, "There are as many auctions as may be.", "竞价项目数已达上限。"),
    Reason(
        4211,
        "NOTHING_TO_CARRY_OVER",
        "never",
        99,
        "That auction left nothing to be carried over to one of this instrument and account.",
        "所列竞价没有可结转至本品种、本账户的未成交量。",
        "EEX",
    ),
    Reason(
        4212,
        "CARRY_OVER_ABOVE_VOLUME",
        "never",
        99,
        "The volume is smaller than what it would take over from earlier auctions.",
        "竞价总量小于应结转的数量。",
        "EEX",
    ),
    Reason(
        4213,
        "OWN_AUCTION",
        "never",
        3,
        "Who applied for an auction, or is associated with who did, does not bid in it.",
        "申请方及其关联方不得参加本方的单向竞价。",
        "CN-37",
    ),
    Reason(
        4221,
        "BID_NOT_AWARDED",
        "never",
        0,
        "The bid, or the rest of it, won nothing; its deposit is released.",
        "申报未中标(或未全部中标),保证金已释放。",
    ),
    Reason(
        4222,
        "AUCTION_CANCELED",
        "never",
        0,
        "The auction was canceled; the deposit is released.",
        "竞价已取消,保证金已释放。",
    ),
    Reason(
        4223,
        "AUCTION_UNDERSUBSCRIBED",
        "never",
        0,
        "Less was bid than offered, so by its notice the auction is void.",
        "申报总量不足,按公告本次竞价不成立。",
        "EEX",
    ),
    Reason(
        4224,
        "AUCTION_NOT_HELD",
        "never",
        0,
        "The day ended without the auction's window having opened.",
        "竞价日结束,竞价未举行。",
    ),
    Reason(
        4225,
        "SELLER_BARRED",
        "never",
        0,
        "Who sells in the auction may no longer do so, so it is canceled; the deposit is released.",
        "出让方已不得出让,竞价取消,保证金已释放。",
    ),
    Reason(
        4226,
        "BUYER_BARRED",
        "never",
        0,
        "Who buys in the auction may no longer do so, so it is canceled; what was offered is released.",
        "受让方已不得受让,竞价取消,申报的配额已释放。",
    ),
    Reason(
        5001,
        "INSUFFICIENT_CASH",
        "never",
        3,
        "Free cash does not cover price times quantity and fees.",
        "可用资金不足以支付金额与费用。",
        "CN-21",
    ),
    Reason(
        5002, "INSUFFICIENT_ALLOWANCE", "never", 3, "There are not enough available units.", "可用持仓不足。", "CN-21"
    ),
    Reason(
        5003,
        "UNITS_LOCKED",
        "never",
        3,
        "The units were bought too recently to be sold.",
        "买入未满规定交易日的持仓不能卖出。",
        "CN-21; CN-38",
    ),
    Reason(5004, "HOLDING_LIMIT", "never", 3, "The holding would pass its limit.", "持仓将超过最大持仓量。", "CN-21"),
    Reason(
        5005,
        "HOLDER_CAP",
        "contact",
        99,
        "The product has as many holders as the rule book allows; who holds none cannot buy.",
        "该产品持有人数已达上限,未持有者不得买入。",
        "CN-38",
    ),
    Reason(
        5006,
        "OBLIGATION_RESERVED",
        "never",
        3,
        "Half of the year's free allocation must stay until surrender.",
        "履约前须保留当年免费配额的 50%。",
        "CQ-M Art. 26",
    ),
    Reason(
        5007,
        "USE_RESTRICTED",
        "never",
        3,
        "Units bought for own surrender can only be surrendered by their holder.",
        "该配额仅限本单位清缴,不得出售、转让或质押。",
        "SH 2017-2024",
    ),
    Reason(
        5020,
        "RESERVE_TOO_SMALL",
        "never",
        99,
        "There is not so much in the risk reserve.",
        "风险准备金余额不足。",
        "CN-SH",
    ),
    Reason(
        5021,
        "NOTHING_OWED",
        "never",
        99,
        "The account does not owe the risk reserve so much.",
        "该账户应偿还风险准备金的数额小于此数。",
    ),
    Reason(
        6006,
        "UNKNOWN_DOCUMENT",
        "never",
        99,
        "There is no such statement, bulletin or day.",
        "没有该结算单、公报或交易日。",
    ),
    Reason(
        6007,
        "RECONCILIATION_BREAK",
        "contact",
        99,
        "Engine and registry disagree; trading is halted.",
        "交易系统与登记系统核对不一致,交易已暂停。",
        "CQ-M Art. 5",
    ),
    Reason(
        6008,
        "FORM_NOT_INSTALLED",
        "never",
        99,
        "This exchange does not make files of this form; its operator can install what makes them.",
        "本系统未安装生成该格式文件的组件,可由运维方安装。",
    ),
    Reason(
        6020,
        "NOT_KEY_EMITTER",
        "never",
        99,
        "The account is not a key emitter's: it has no compliance year.",
        "该账户不是重点排放单位,没有履约年度。",
        "CQ-M Art. 26",
    ),
    Reason(
        6021,
        "EMISSIONS_NOT_VERIFIED",
        "never",
        99,
        "The year's verified emissions are not recorded yet.",
        "尚未登记该年度经核查的排放量。",
        "CQ-M Art. 25, 26",
    ),
    Reason(
        6022,
        "OBLIGATION_NOT_MET",
        "never",
        99,
        "The final filing covers less than the verified emissions.",
        "最终清缴量少于经核查的排放量。",
        "CQ-M Art. 26",
    ),
    Reason(
        6023,
        "COMPLIANCE_YEAR_CLOSED",
        "never",
        99,
        "The compliance year was confirmed by its final filing.",
        "该履约年度已最终确认。",
        "CQ-M Art. 26",
    ),
    Reason(
        6024,
        "OFFSET_NOT_ALLOWED",
        "never",
        99,
        "The year's rules do not let this kind or vintage of reduction be used as an offset.",
        "该年度规则不允许使用此类或此年份的减排量抵销。",
        "CQ-M Art. 27",
    ),
    Reason(
        6025,
        "OFFSET_LIMIT",
        "never",
        99,
        "The offsets would pass the year's limit.",
        "抵销量将超过该年度上限。",
        "CQ-M Art. 27",
    ),
    Reason(
        6026,
        "OFFSET_ORIGIN",
        "never",
        99,
        "Too few of the offsets used would be of local origin.",
        "所用抵销量中本市项目占比不足。",
        "CQ-M Art. 27",
    ),
    Reason(
        6027,
        "NOT_RESERVE",
        "never",
        99,
        "Only a government account holds or gives up the reserve.",
        "只有政府账户可持有或处置预留配额。",
        "CQ-M Art. 13",
    ),
    Reason(
        6028,
        "UNKNOWN_ENCUMBRANCE",
        "never",
        99,
        "There is no such encumbrance.",
        "没有该权利限制登记。",
        "CQ-M Art. 5",
    ),
    Reason(
        6029,
        "NOT_PREALLOCATED",
        "never",
        99,
        "Nothing of that year waits for a true-up.",
        "该年度没有待清算的预分配配额。",
        "CQ-M Art. 11",
    ),
    Reason(
        6030,
        "OBJECTION_TOO_LATE",
        "never",
        99,
        "The time to ask for a review has passed, or none was opened.",
        "复核申请期限已过或尚未开始。",
        "CQ-M Art. 11, 25",
    ),
    Reason(
        6031,
        "NO_OPEN_OBJECTION",
        "never",
        99,
        "No request for review is open.",
        "没有待处理的复核申请。",
        "CQ-M Art. 11, 25",
    ),
    Reason(
        6032,
        "NOT_MERGEABLE",
        "never",
        99,
        "Only two key emitters or two institutions can be merged.",
        "只有同为重点排放单位或同为机构的账户可以合并。",
        "CQ-M Art. 14",
    ),
    Reason(
        6033,
        "ACCOUNT_MERGED",
        "never",
        99,
        "The account was merged into another one; turn to its successor.",
        "该账户已并入其他账户,请使用承继账户。",
        "CQ-M Art. 14",
    ),
    Reason(
        6034,
        "UNITS_FROZEN",
        "never",
        99,
        "Units of the account are frozen by a court; they are to be released or enforced first.",
        "该账户有司法冻结的配额,须先解除冻结或扣划。",
        "CQ-M Art. 14",
    ),
    Reason(
        6035,
        "REVIEW_OPEN",
        "never",
        99,
        "A request for review is not decided yet.",
        "复核申请尚未作出决定。",
        "CQ-M Art. 11, 14, 25",
    ),
    Reason(
        6036,
        "NOT_SPLITTABLE",
        "never",
        99,
        "Only a key emitter can be split, and only into key emitters.",
        "只有重点排放单位可以分立,承继方也须为重点排放单位。",
        "CQ-M Art. 14",
    ),
    Reason(
        6037,
        "ACCOUNT_SPLIT",
        "never",
        99,
        "The account was split; what it had open has ended.",
        "该账户已分立,未完成的申报已终止。",
        "CQ-M Art. 14",
    ),
    Reason(
        6038,
        "SPLIT_ABOVE_RECORD",
        "never",
        99,
        "The parts of a year come to more than its record has.",
        "各部分之和超过该履约年度的记录。",
        "CQ-M Art. 14",
    ),
    Reason(
        6039,
        "SERIALS_TAKEN",
        "never",
        99,
        "Some of these serial numbers of the project are issued already.",
        "该项目的部分序列号已经签发。",
        "CQ-M Art. 27",
    ),
    Reason(
        6040,
        "OFFSET_OWN_BOUNDARY",
        "never",
        99,
        "Reductions from within the unit's own boundary cannot be used for its surrender.",
        "本单位边界内产生的减排量不得用于本单位抵销。",
        "CQ-M Art. 27",
    ),
    Reason(
        6041,
        "ALLOCATION_PLAN_EXCEEDED",
        "never",
        99,
        "More than the year's allocation plan has for this share; actual is all that would be issued of it.",
        "超过该年度配额分配方案的额度;actual 为该部分累计发放量。",
        "CQ-M Art. 11",
    ),
    Reason(
        6042,
        "FILING_OPEN",
        "never",
        99,
        "A surrender filing has to be decided or withdrawn first; actual is its number.",
        "尚有清缴申报未办结;actual 为申报编号。",
        "CQ-M Art. 26",
    ),
    Reason(
        6043,
        "UNKNOWN_FILING",
        "never",
        99,
        "The account has no surrender filing of this number for which this can be done.",
        "该账户没有此编号的可办理清缴申报。",
        "CQ-M Art. 26",
    ),
    Reason(
        6051,
        "ACCOUNT_LEAVING",
        "never",
        99,
        "The account leaves for the national market; limit is the day until which it may sell.",
        "该账户将退出地方市场;limit 为可卖出的截止日。",
        "CQ-M Art. 10; CN-R Art. 29",
    ),
    Reason(
        6052,
        "ACCOUNT_CLOSED",
        "never",
        99,
        "The account is closed.",
        "账户已销户。",
    ),
    Reason(
        6053,
        "ACCOUNT_HAS_UNITS",
        "never",
        99,
        "The account still has units; actual is how many tonnes.",
        "账户仍持有配额或减排量;actual 为吨数。",
    ),
    Reason(
        6054,
        "ACCOUNT_HAS_CASH",
        "never",
        99,
        "The account still has cash; actual is how much, in fen.",
        "账户仍有资金;actual 为金额(分)。",
    ),
    Reason(
        6055,
        "ACCOUNT_OWES",
        "never",
        99,
        "A compliance year of the account is open; actual is the year.",
        "账户尚有履约年度未完成;actual 为年度。",
        "CQ-M Art. 26",
    ),
    Reason(
        6071,
        "STATEMENT_FINAL",
        "never",
        99,
        "The time to answer this statement is over, and silence counts as agreement; limit is the deadline.",
        "该结算单的确认与异议期已过,未提出异议视为确认;limit 为截止时间。",
        "CN-21 (settlement rules)",
    ),
    Reason(
        6072,
        "STATEMENT_ANSWERED",
        "never",
        99,
        "This statement was answered already: it is confirmed, or contested for the same reason.",
        "该结算单已确认,或已就同一事项提出异议。",
        "CN-21 (settlement rules)",
    ),
    Reason(
        6073,
        "UNKNOWN_OBJECTION",
        "never",
        99,
        "No undecided objection to a statement has this number.",
        "没有此编号的待处理结算异议。",
    ),
    Reason(
        6074,
        "SETTLEMENT_UNFINISHED",
        "contact",
        99,
        "Something of this account is not settled; it trades and takes cash out again once that is remedied.",
        "该账户有未完成的交收,处理完毕前不得交易和出金。",
        "CN-21 (settlement rules)",
    ),
    Reason(
        6075,
        "UNKNOWN_TRADE",
        "never",
        99,
        "The registry has no trade of this number, or it is an award of a government auction.",
        "登记簿中没有此编号的成交,或该编号为有偿竞价成交。",
    ),
    Reason(6076, "TRADE_VOID", "never", 99, "The trade was voided already.", "该成交已被撤销。"),
    Reason(
        6077,
        "VOID_TOO_LATE",
        "never",
        99,
        "A trade that is settled and not disputed is voided between the close of its day and the next opening only.",
        "已交收且无争议的成交,仅可在当日闭市后至次一交易日开市前撤销。",
        "domain rules E3 (to be confirmed)",
    ),
    Reason(
        6078,
        "TRADE_DISPUTED",
        "contact",
        99,
        "These units are held until the objection to the trade that brought them is decided.",
        "该部分产品因成交争议被冻结,待异议处理完毕。",
        "CN-21 (settlement rules)",
    ),
    Reason(
        6079,
        "AWAITS_CYCLE",
        "after",
        99,
        "The trade waits for the day's settlement cycle; it is delivered and paid when the day closes.",
        "该成交待闭市后集中交收。",
    ),
    Reason(
        6101,
        "UNKNOWN_RESTRICTION",
        "never",
        99,
        "The account has no restriction of this number that could be changed.",
        "该账户没有此编号的有效限制措施。",
        "CQ-M Art. 30",
    ),
    Reason(6102, "UNKNOWN_CASE", "never", 99, "No open case of this number.", "没有此编号的未结案件。"),
    Reason(
        6103,
        "NOT_LARGE_HOLDER",
        "never",
        99,
        "The account's owner is no large holder of the product.",
        "该账户的实际控制人不是该产品的大户。",
        "CN-21",
    ),
    Reason(6104, "TOO_MANY_RECORDS", "contact", 99, "No more records of this kind can be kept.", "此类记录已达上限。"),
    Reason(
        6105,
        "UNKNOWN_CREDIT_RECORD",
        "never",
        99,
        "The credit record has nothing of this name.",
        "信用记录中没有该项记录。",
        "CQ-M Art. 32",
    ),
    Reason(
        9001,
        "OUTCOME_UNKNOWN",
        "same_id",
        99,
        "No answer in time; send the same client order id again.",
        "未及时得到结果,请用同一客户委托号重发。",
    ),
    Reason(9002, "ENGINE_RECOVERING", "after", 99, "The engine is starting.", "撮合系统正在恢复。"),
    Reason(9003, "INTERNAL", "contact", 99, "Something is wrong on our side.", "系统内部错误。"),
)

BY_NUMBER: Final[dict[int, Reason]] = {reason.number: reason for reason in CATALOGUE}
BY_NAME: Final[dict[str, Reason]] = {reason.name: reason for reason in CATALOGUE}
