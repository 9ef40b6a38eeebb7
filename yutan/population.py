"""The invented people of the demo market: who they are, what they begin with. Pure: the same list on every machine.

No name here belongs to a real company or person that we know of. The government account holds units only to be seen in
the books; it does not trade by itself. `visitor` is the account of whoever watches: no seeded member uses it.
"""

from typing import NamedTuple

COMPLIANCE_YEAR = 2025


class Participant(NamedTuple):
    """One participant. `key_id` names its key file; `cash_fen` is paid in at the start."""

    code: str
    key_id: str
    name: str
    category: str
    cash_fen: int
    user: str = ""  # whose key it is, where a person may log in with a browser


class Issue(NamedTuple):
    """Units with which a participant begins. kind as in commands.AllocateUnits."""

    code: str
    instrument: str
    tonnes: int
    kind: str
    year: int


class Listing(NamedTuple):
    """One instrument of the demo; base price in ticks (fen)."""

    code: str
    product: str
    vintage: int
    name_zh: str
    name_en: str
    base_price_ticks: int


LISTINGS: tuple[Listing, ...] = (
    Listing("CQEA-24", "CQEA", 2024, "重庆碳配额2024", "Chongqing allowance 2024", 3_850),
    Listing("CQEA-25", "CQEA", 2025, "重庆碳配额2025", "Chongqing allowance 2025", 4_010),
    Listing("CCER-25", "CCER", 2025, "核证自愿减排量2025", "Certified voluntary reduction 2025", 6_240),
    Listing("CQCER-25", "CQCER", 2025, "碳惠通减排量2025", "Chongqing certified reduction 2025", 2_980),
)

_EMITTERS = (
    ("yulin-steel", "渝临钢铁"),
    ("bayue-cement", "巴岳水泥"),
    ("jialing-glass", "嘉澜玻璃"),
    ("fujiang-alu", "涪澄铝业"),
    ("wujiang-power", "乌岚热电"),
    ("changshou-chem", "长岫化工"),
    ("jinyun-paper", "缙霭纸业"),
    ("nanshan-ceramic", "南岫陶瓷"),
    ("tongliang-cast", "铜岚铸造"),
    ("hechuan-cement", "合岑水泥"),
    ("wanzhou-salt", "万汀盐化"),
    ("qijiang-gear", "綦澜齿轮"),
    ("dazu-alloy", "大岑合金"),
    ("rongchang-brick", "荣霭建材"),
    ("bishan-fibre", "璧岚纤维"),
    ("liangjiang-auto", "两汀汽车"),
    ("beibei-pharma", "北岫制药"),
    ("fuling-chem", "涪岚磷化"),
    ("shizhu-silicon", "石澜硅材"),
    ("youyang-zinc", "酉岑锌业"),
    ("kaizhou-gas", "开汀燃气发电"),
    ("zhongxian-grain", "忠霭粮油"),
)
_INSTITUTIONS = (
    ("shancheng-asset", "山诚碳资产"),
    ("liangjiang-capital", "两汀资本"),
    ("wujiang-green", "乌岚绿色基金"),
    ("jiangbei-trading", "江岫贸易"),
    ("tianfu-carbon", "天澜碳管理"),
    ("hongyan-invest", "虹岑投资"),
    ("nanan-securities", "南汀证券"),
    ("sanxia-carbon", "三霭碳汇"),
)
_INDIVIDUALS = (
    ("ren-qing", "任青岚"),
    ("luo-yan", "罗砚舟"),
    ("tan-xue", "谭雪汀"),
    ("xiang-he", "向禾"),
    ("pu-ning", "蒲宁川"),
    ("ran-mo", "冉墨"),
    ("gou-lan", "苟澜生"),
    ("zeng-qi", "曾绮"),
)
GOVERNMENT = Participant("G001", "government", "市生态环境局政府账户(演示)", "government", 50_000_000_00)
VISITOR = Participant("P900", "demo", "试用访客", "individual", 2_000_000_00, "visitor")


def participants() -> tuple[Participant, ...]:
    """All forty, in the order in which their accounts are opened."""
    emitters = [
        Participant(f"E{index:03}", key, f"{name}(演示)", "key_emitter", (6_000_000 + 700_000 * (index % 7)) * 100)
        for index, (key, name) in enumerate(_EMITTERS, 1)
    ]
    institutions = [
        Participant(f"I{index:03}", key, f"{name}(演示)", "institution", (40_000_000 + 5_000_000 * index) * 100)
        for index, (key, name) in enumerate(_INSTITUTIONS, 1)
    ]
    individuals = [
        Participant(f"P{index:03}", key, f"{name}(演示)", "individual", (800_000 + 150_000 * index) * 100)
        for index, (key, name) in enumerate(_INDIVIDUALS, 1)
    ]
    return (GOVERNMENT, *emitters, *institutions, *individuals, VISITOR)


def issues() -> tuple[Issue, ...]:
    """What is issued at the start: free allocation to emitters (half of it must stay), paid units, offsets."""
    rows: list[Issue] = []
    for index, person in enumerate(participants()):
        if person.category == "key_emitter":
            yearly = 60_000 + 9_000 * (index % 9)
            rows.append(Issue(person.code, "CQEA-24", yearly // 2, "paid", COMPLIANCE_YEAR - 1))
            rows.append(Issue(person.code, "CQEA-25", yearly, "free", COMPLIANCE_YEAR))
            if index % 3 == 0:
                rows.append(Issue(person.code, "CCER-25", 4_000, "offset", COMPLIANCE_YEAR))
        elif person.category == "institution":
            rows.append(Issue(person.code, "CQEA-24", 30_000, "paid", COMPLIANCE_YEAR - 1))
            rows.append(Issue(person.code, "CQEA-25", 40_000, "paid", COMPLIANCE_YEAR))
            rows.append(Issue(person.code, "CCER-25", 25_000, "offset", COMPLIANCE_YEAR))
            rows.append(Issue(person.code, "CQCER-25", 25_000, "offset", COMPLIANCE_YEAR))
        elif person.category == "individual":
            rows.append(Issue(person.code, "CQEA-25", 2_000, "paid", COMPLIANCE_YEAR))
            rows.append(Issue(person.code, "CQCER-25", 1_500, "offset", COMPLIANCE_YEAR))
        else:
            rows.append(Issue(person.code, "CQEA-25", 100_000, "paid", COMPLIANCE_YEAR))
    return tuple(rows)


def traders() -> tuple[Participant, ...]:
    """Those who trade by themselves in the demo."""
    return tuple(person for person in participants() if person not in (GOVERNMENT, VISITOR))
