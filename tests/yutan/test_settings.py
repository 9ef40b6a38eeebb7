"""Settings: precedence, refusals with every fault at once, and a documented row for each."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from yutan.settings import FIELDS, Settings, SettingsError, load

ROOT = Path(__file__).parents[2]


def test_flags_win_over_environment_over_file_over_defaults(tmp_path: Path) -> None:
    (tmp_path / "yutan.toml").write_text('host = "0.0.0.0"\nws_port = 1\nhttp_port = 1\n')
    settings = load(tmp_path, {"http_port": 3, "ws_port": None}, {"YUTAN_WS_PORT": "2", "YUTAN_HTTP_PORT": "2"})
    assert settings == Settings(host="0.0.0.0", ws_port=2, http_port=3)


def test_lists_in_the_environment_are_separated_by_commas(tmp_path: Path) -> None:
    settings = load(tmp_path, {}, {"YUTAN_ORIGINS": "https://a.example, https://b.example"})
    assert settings.origins == ("https://a.example", "https://b.example")


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "yutan.toml").write_text('hots = "x"\nws_port = "9101"\n')
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, {"disk": "fast"}, {"YUTAN_HTTP_PORT": "70000", "YUTAN_COLOUR": "red"})
    text = str(caught.value)
    assert len(caught.value.faults) == 5
    for word in ("hots", "ws_port", "disk", "http_port", "YUTAN_COLOUR"):
        assert word in text


def test_a_proxy_is_an_address_or_a_network(tmp_path: Path) -> None:
    settings = load(tmp_path, {}, {"YUTAN_TRUSTED_PROXIES": "10.0.0.5, 2001:db8:1::/48"})
    assert settings.trusted_proxies == ("10.0.0.5", "2001:db8:1::/48")
    with pytest.raises(SettingsError, match="trusted_proxies"):
        load(tmp_path, {}, {"YUTAN_TRUSTED_PROXIES": "proxy.example"})


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "yutan.toml").write_text("host = \n")
    with pytest.raises(SettingsError, match=r"yutan\.toml"):
        load(tmp_path, {}, {})


def test_python_without_assertions_is_refused(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from yutan.settings import load; load(Path({str(tmp_path)!r}), {{}}, {{}})"
    run = subprocess.run([sys.executable, "-O", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "start without -O" in run.stderr


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", (ROOT / "docs/operating.md").read_text(), re.MULTILINE))
    defaults = {name: value for name, value in msgspec.to_builtins(Settings()).items()}
    assert rows == {name: _shown(defaults[name]) for name in FIELDS}


def _shown(value: object) -> str:
    return "[]" if value in ((), []) else str(value)
