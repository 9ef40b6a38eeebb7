"""How one becomes a participant: what the rule book asks of each class, and the way from the application to the first order."""

from typing import Final

from litestar import get
from litestar.response import Template

from engine.core import rulebook
from gateway.http import queries
from gateway.http.pages import page
from gateway.http.replies import AnyRequest
from gateway.http.sources import sources_of

CLASSES_ZH: Final = {
    "key_emitter": "重点排放单位", "institution": "机构", "individual": "个人", "project_owner": "项目业主",
    "intermediary": "中介机构",
}  # fmt: skip
QUALIFICATIONS: Final = {
    "suitability": ("适当性测评", "suitability test"),
    "assets": ("资产证明", "statement of assets"),
}
METHODS: Final = {
    "listed": ("挂牌交易", "listed trading"),
    "block": ("大宗协议", "block trades"),
    "auction": ("有偿竞价", "auctions"),
}
_FEN: Final = 100


@get("/join", sync_to_thread=False)
def join_page(request: AnyRequest) -> Template:
    """Opening an account: who may, with what, and in which steps."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    rules = sources.view.rulebook()
    found = [(name, rules.classes.get(name)) for name in CLASSES_ZH]
    assert set(CLASSES_ZH) <= set(rulebook.CATEGORIES)
    return page(
        request,
        sources,
        "join.html",
        rules=rules,
        classes=found,
        names=CLASSES_ZH,
        qualifications=QUALIFICATIONS,
        methods=METHODS,
        contact=sources.settings.contact,
        yuan=_FEN,
    )
