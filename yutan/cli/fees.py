"""`yutan fees`: what trading costs, by the rules in force and by those adopted for later (费用标准)."""

from typing import Any

from yutan.cli import public
from yutan.cli.options import DEFAULT_DATA, DataDir, Json
from yutan.cli.output import show


def fees(data: DataDir = DEFAULT_DATA, url: public.HttpUrl = "", as_json: Json = False) -> None:
    """Show the fee schedule with its sources and worked examples (费用标准)."""
    found = public.ask(data, url, "fees", {}, as_json)
    if as_json:
        show(found, as_json=True)
        return
    for rules in filter(None, (found["in_force"], found["next"])):
        since = f", since {rules['effective_day']}" if rules["effective_day"] else ""
        show(_items(rules), as_json=False, title=f"fees (费用标准) · rules version {rules['version']}{since}")
        show(rules["examples"], as_json=False, title="worked examples (示例)")


def _items(rules: dict[str, Any]) -> list[dict[str, Any]]:
    shown = ("product", "item_zh", "item", "payer", "rate_percent", "confidence", "source")
    return [{name: row[name] for name in shown} for row in rules["items"]]
