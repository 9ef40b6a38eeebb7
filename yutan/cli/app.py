"""The tree of commands: which module has which, so that a command starts with its own module and no other."""

from importlib import import_module
from types import ModuleType
from typing import Final

import typer

HELP: Final = "渝碳 Yutan: the exchange of a regional carbon market (区域碳市场交易所)."
# In the order of the help. A command is the function of its name (- as _) in its module, a group its module's `app`.
COMMANDS: Final = {
    "init": "house",
    "serve": "market",
    "demo": "market",
    "sandbox": "market",
    "conform": "conform",
    "replay": "market",
    "verify": "verify",
    "rotate-key": "verify",
    "doctor": "house",
    "place": "member",
    "cancel": "member",
    "replace": "member",
    "explain": "member",
    "orders": "member",
    "cash": "member",
    "allowances": "member",
    "obligation": "member",
    "measures": "supervision",
    "report-holding": "supervision",
    "fills": "member",
    "export": "export",
    "watch": "member",
    "dead-man": "member",
    "book": "member",
    "notices": "notices",
    "fees": "fees",
    "mcp": "mcp",
}
GROUPS: Final = (
    "key",
    "login",
    "rulebook",
    "calendar",
    "block",
    "auction",
    "surrender",
    "intention",
    "kill",
    "limits",
    "own",
    "statement",
    "operator",
)


def tree(only: str = "") -> typer.Typer:
    """The command or group of this name with what it needs; where there is none of this name, all of them."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
    app.callback()(lambda: None)  # so that a command that is alone is still called by its name
    is_known = only in COMMANDS or only in GROUPS
    for name, module in COMMANDS.items():
        if name == only or not is_known:
            app.command(name)(getattr(_module(module), name.replace("-", "_")))
    for name in GROUPS:
        if name == only or not is_known:
            app.add_typer(_module(name).app, name=name)
    return app


def _module(name: str) -> ModuleType:
    return import_module(f"yutan.cli.{name}")
