// The keys that open one's accounts: until when, from where, with which certificate, whether they are good today, who is here by
// them now; and ending one that was lost.

import { $, make } from "./people.js";
import { button, fill } from "./parts.js";
import { named } from "./reasons.js";
import { say } from "./words.js";

export class Access {
  /** me: () => the key by which one is logged in. */
  constructor(link, me) {
    this.link = link;
    this.me = me;
  }

  /** Show them; asked again when what changes rarely is. */
  async look() {
    const rows = await this.link.request("key.list");
    fill($("access"), rows.map((row) => [
      row.key_id + (row.key_id === this.me() ? say("(本会话)", " (this session's)") : ""), row.user || "—", { text: row.scopes.join(" "), className: "wrap" }, row.expires_day || say("长期", "no end"),
      { text: row.networks.join(" ") || say("不限", "anywhere"), className: "wrap" },
      row.certificate ? { node: make("span", { title: row.certificate.issuer }, row.certificate.serial), className: "wrap" } : "—",
      { text: statusText(row.status), className: row.status === "good" ? "" : "wrap stopped" }, `${row.connections} / ${row.browser_sessions}`,
      row.status === "KEY_REVOKED" ? "—" : button(say("吊销", "Revoke"), $("access-answer"), () => this.revoke(row.key_id), { ariaLabel: say(`吊销 ${row.key_id}`, `Revoke ${row.key_id}`), className: "danger" }),
    ]), say("没有密钥", "No keys"));
  }

  async revoke(key) {
    if (!$("revoke-sure").checked) {
      $("revoke-sure").focus();
      return say("请先勾选确认。", "Tick the box first.");
    }
    await this.link.request("key.revoke", { key_id: key, note: "terminal" });
    $("revoke-sure").checked = false;
    await this.look();
    return say(`${key} 已吊销`, `${key} is revoked`);
  }
}

function statusText(status) {
  if (status === "good") return say("有效", "good");
  return status === "KEY_REVOKED" ? say("已吊销", "revoked") : named(status);
}
