// Bulletins: looked at, signed by the exchange's key, and only then proposed for publication by the hash of what was looked at.

import { act } from "./acting.js";
import { pagedTable } from "./paged.js";
import { $, make } from "./people.js";
import { button, fill } from "./parts.js";
import { fingerprint, isSigned, unhex } from "./proof.js";
import { grouped, say } from "./words.js";

const FIGURES = [["previous_close", "前收盘", "Previous close"], ["open", "开盘", "Open"], ["high", "最高", "High"], ["low", "最低", "Low"], ["close", "收盘", "Close"], ["average", "均价", "Average"]];

/** The list of bulletins, and the one that is looked at. */
export class Publishing {
  constructor(link, soon) {
    this.link = link;
    this.soon = soon;
  }

  async refresh() {
    const rows = await this.link.request("ops.bulletins");
    fill($("bulletin-rows"), rows.map((row) => [
      row.period, String(row.version), row.is_published ? `✓ ${say("已公布", "published")}` : `· ${say("未公布", "not published")}`,
      button(say("预览", "Preview"), $("bulletin-answer"), () => this.preview(row), { ariaLabel: say(`预览 ${row.period} 第 ${row.version} 版`, `Preview ${row.period}, version ${row.version}`) }),
      row.is_published ? make("a", { href: `/verify#${row.period}` }, say("公众核验", "The public's check")) : "",
    ]), say("尚无公报;闭市后生成", "No bulletin yet; the close makes one"));
  }

  async preview(row) {
    const named = { period: row.period, version: row.version };
    const told = await this.link.request("ops.bulletin", named);
    const bytes = new TextEncoder().encode(told.body);
    const counted = await fingerprint(bytes); // by this browser, over what it shows
    if (counted !== row.sha256) return say("内容与列表的指纹不符!", "Its content does not have the fingerprint of the list!");
    const read = JSON.parse(told.body);
    const publish = button(say("3 提出公布", "3 Propose publication"), $("bulletin-answer"), async () => {
      const fields = { trading_day: row.trading_day, sha256: counted };
      return act(this.link, "publish_bulletin", fields, say(`公布 ${row.period}`, `Publication of ${row.period}`), this.soon);
    }, { disabled: true });
    const signed = make("p", { className: "hash", role: "status" });
    const sign = button(say("2 签名", "2 Sign"), $("bulletin-answer"), async () => {
      const made = await this.link.request("ops.sign_bulletin", { ...named, sha256: counted });
      const isRight = await isSigned(bytes, unhex(made.signature), made.public_key);
      signed.textContent = `${isRight ? "✓" : "✗"} Ed25519 ${made.signature} · ${say("公钥", "key")} ${made.public_key}`;
      publish.disabled = !isRight || row.is_published;
      if (!publish.disabled) publish.focus();
      return isRight ? say("本所已签名,本浏览器已验证。", "Signed by the exchange, and checked by this browser.") : say("签名不符!", "The signature is wrong!");
    });
    $("bulletin").replaceChildren(
      make("h3", { tabIndex: -1, id: "bulletin-shown" }, say(`1 预览:${row.period} 第 ${row.version} 版`, `1 Preview: ${row.period}, version ${row.version}`)),
      pagedTable(say("各品种", "By instrument"), [say("代码", "Code"), ...FIGURES.map(([, zh, en]) => say(zh, en)), say("成交量", "Volume"), say("成交额(元)", "Turnover (CNY)")],
        read.instruments.map((line) => [line.code, ...FIGURES.map(([name]) => line[name] ?? "—"), grouped(line.listed.tonnes), grouped(line.listed.turnover)])),
      make("p", { className: "hash" }, `SHA-256 ${counted}`),
      make("p", { className: "acts" }, sign, publish), signed,
      make("details", {}, make("summary", {}, say("全文", "The whole text")), make("pre", { tabIndex: 0 }, JSON.stringify(read, null, 1))));
    $("bulletin-shown").focus();
    return "";
  }
}
