"""A login by two operators' commands, made and used over HTTP as a browser would."""

import base64
import time
from pathlib import Path

import httpx

from gateway.logins import factors
from tests.yutan.kit import DEADLINE_S, FIRST, answer, serving
from tests.yutan.test_cli import Desk
from yutan import folder, keys

PASSWORD = "a long enough sentence"


def test_a_login_by_commands(tmp_path: Path) -> None:
    answer("init", str(tmp_path / "data"), "--rulebook", "chongqing")
    desk = Desk(tmp_path / "data")
    with serving(desk.data):
        url = folder.read_running(desk.data).http_url
        desk.operator("open-account", "I01", "投资", "--category", "institution", "--owner", "7")
        desk.both("participant", "admit", "7", "投资", "--identity", "i-7")
        desk.both("user", "appoint", "wu", "吴某", "--participant", "7", "--identity", "p-wu", "--right", "view")
        made = desk.operator("login", "new", "wu-web", "--user", "wu", "--account", "I01")
        assert made["status"] == "pending"
        desk.operator("approve", made["proposal_id"], "--sha256", made["sha256"], operator="wang-heng")
        assert desk.operator("login", "code")["name"] == FIRST
        key = desk.data / "keys" / "wu-1.pem"
        keys.create(key)
        register = ("register-key", "wu-1", "--public-key", str(key), "--account", "I01", "--user", "wu")
        desk.both(*register, "--scope", "view")
        assert desk.member("wu-1", "login", "code")["door"] == "trade"
        with httpx.Client(base_url=url, headers={"origin": url}, timeout=DEADLINE_S) as browser:
            asked = {"door": "trade", "name": "wu-web", "code": made["login_code"], "password": PASSWORD}
            begun = browser.post("/v1/enrol", json=asked).json()
            secret = base64.b32decode(begun["secret"])
            step = int(time.time()) // factors.STEP_S
            confirm = {"enrolment": begun["enrolment"], "totp": factors.totp(secret, step)}
            assert browser.post("/v1/enrol/confirm", json=confirm).status_code == 200
            # the next step is good already, and the used one no more
            asked = {"door": "trade", "name": "wu-web", "password": PASSWORD, "totp": factors.totp(secret, step + 1)}
            assert browser.post("/v1/login", json=asked).json()["name"] == "wu-web"
            assert browser.get("/v1/session").json()["door"] == "trade"
