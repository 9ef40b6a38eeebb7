// Statements and the compliance year: what was settled, agreed with or contested, owed, filed and confirmed by a second person.

import { $, make, moment } from "./people.js";
import { button, documentNode, fill, run, tonnes } from "./parts.js";
import { grouped, say } from "./words.js";

const STATEMENT = {
  open: ["待确认", "open"], confirmed: ["已确认", "confirmed"], contested: ["有异议", "contested"], accepted: ["逾期视为认可", "accepted by silence"],
};
const FILING = {
  initiated: ["待第二人确认", "waits for a second person"], pending: ["待登记机构确认", "waits for the registry"],
  confirmed: ["已清缴", "surrendered"], rejected: ["已退回", "rejected"], withdrawn: ["已撤回", "withdrawn"],
};
const DAY_MS = 86_400_000;

export class Papers {
  constructor(link, account, today) {
    this.link = link;
    this.account = account;
    this.today = today; // () => the trading day
    this.asks = [];
    this.form = $("filing");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      run($("filing-send"), $("filing-answer"), () => this.file());
    });
    $("filing-add").addEventListener("click", () => this.addLine().focus());
    this.instruments = [];
  }

  show(instruments) {
    this.instruments = instruments;
    if (!$("filing-lines").children.length) this.addLine();
  }

  // ---- statements ---------------------------------------------------------------------------------------------

  async statements() {
    const told = await this.link.request("statement.list", { account: this.account() });
    fill($("statements"), told.statements.map((row) => {
      const day = row.trading_day;
      const acts = make("span", { className: "acts" }, button(say("查看", "View"), $("statement-answer"), () => this.view(day), { ariaLabel: say(`查看 ${day}`, `View ${day}`) }));
      if (row.status === "open") {
        acts.append(
          button(say("确认", "Confirm"), $("statement-answer"), () => this.confirm(day), { ariaLabel: say(`确认 ${day}`, `Confirm ${day}`) }),
          button(say("提出异议", "Contest"), $("statement-answer"), () => this.contest(day), { ariaLabel: say(`对 ${day} 提出异议`, `Contest ${day}`) }),
        );
      }
      const objections = row.objections.map((found) => `${found.objection_id} ${found.words}${found.answer ? ` → ${found.answer}` : ""}`).join("; ");
      return [day, say(...(STATEMENT[row.status] ?? [row.status, row.status])), row.until ? moment(row.until) : "", { text: objections || "—", className: "wrap" }, acts];
    }), say("尚无结算单", "No statement yet"));
  }

  async view(day) {
    const told = await this.link.request("statement.get", { trading_day: day, account: this.account() });
    $("statement").replaceChildren(make("h3", {}, say(`结算单 ${day}`, `Statement of ${day}`)), documentNode(told));
    $("statement").focus();
  }

  async confirm(day) {
    await this.link.request("statement.confirm", { trading_day: day, account: this.account() });
    await this.statements();
    return say(`${day} 已确认`, `${day} is confirmed`);
  }

  async contest(day) {
    const words = $("contest-words").value.trim();
    if (!words) {
      $("contest-words").focus();
      return say("请先在下方写明异议内容。", "Say below first what is wrong.");
    }
    await this.link.request("statement.object", { trading_day: day, words, account: this.account() });
    $("contest-words").value = "";
    await this.statements();
    return say(`已对 ${day} 提出异议`, `${day} is contested`);
  }

  // ---- the compliance year ------------------------------------------------------------------------------------

  async obligation() {
    const [told, units] = await Promise.all([
      this.link.request("account.obligation", { account: this.account() }),
      this.link.request("account.allowances", { account: this.account() }),
    ]);
    const said = JSON.stringify([told.years, units.holdings, this.asks, this.today()]);
    if (said === this.said) return; // what is being read, or has the keyboard's focus, stays where it is
    this.said = said;
    this.held = new Map(units.holdings.map((row) => [row.instrument, row]));
    const chosen = this.form.year.value;
    this.form.year.replaceChildren(...told.years.filter((year) => !year.is_final).map((year) => make("option", { value: String(year.year) }, String(year.year))));
    if (chosen) this.form.year.value = chosen;
    this.form.hidden = !this.form.year.options.length;
    $("years").replaceChildren(...(told.years.length ? told.years.toReversed().map((year) => this.yearNode(year)) : [make("p", {}, say("该账户没有履约年度。", "The account owes no compliance year."))]));
  }

  /** What the shortfall would cost at the offers that can be seen. */
  cost(missing) {
    let left = missing;
    let fen = 0;
    for (const [price, quantity] of this.asks) {
      const taken = Math.min(left, quantity);
      fen += taken * Math.round(Number(price) * 100);
      left -= taken;
    }
    const text = grouped((fen / 100).toFixed(2));
    if (!this.asks.length) return say("盘口无卖单", "no offer can be seen");
    return left ? say(`可见卖单仅 ${tonnes(missing - left)},需 ${text} 元`, `${text} CNY for the ${tonnes(missing - left)} that can be seen`) : say(`${text} 元`, `${text} CNY`);
  }

  yearNode(year) {
    const left = year.surrender_deadline ? Math.ceil((Date.parse(year.surrender_deadline) - Date.parse(this.today())) / DAY_MS) : null;
    const facts = [
      [say("核定排放", "Verified emissions"), tonnes(year.emissions)],
      [say("应清缴", "Obligation"), tonnes(year.obligation)],
      [say("已清缴", "Surrendered"), tonnes(year.surrendered)],
      [say("其中抵销", "Of it offsets"), Object.entries(year.offsets).map(([name, held]) => `${name} ${tonnes(held)}`).join(", ") || "0"],
      [say("抵销上限", "Offset limits"), Object.entries(year.offset_limits).map(([name, held]) => `${name} ${tonnes(held)}`).join(", ") || "—"],
      [say("缺口", "Still owed"), tonnes(year.shortfall)],
      [say("须保留", "To be kept"), tonnes(year.retention_floor)],
      [say("截止日", "Deadline"), year.surrender_deadline ? `${year.surrender_deadline} (${say(`剩 ${left} 天`, `${left} days left`)})` : say("未定", "none set")],
      [say("按当前盘口补足", "Cost at the current book"), year.shortfall ? this.cost(year.shortfall) : "—"],
    ];
    const held = [...this.held.values()].map((row) => `${row.instrument} ${tonnes(row.settled)}`).join(", ") || "—";
    const title = `${year.year} ${year.is_final ? say("(已结)", "(final)") : ""}`;
    const rows = year.filings.map((found) => this.filingRow(found));
    const body = make("tbody");
    const table = make("table", {}, make("caption", { className: "hidden" }, say("清缴申报", "Surrender filings")), make("thead", {}, make("tr", {}, ...[
      say("编号", "Filing"), say("内容", "Units"), say("状态", "Status"), say("申报人", "By"), say("操作", "Act"),
    ].map((text) => make("th", { scope: "col" }, text)))), body);
    fill(body, rows, say("尚无申报", "Nothing filed"));
    return make("section", { className: "year", "aria-label": String(year.year) },
      make("h3", {}, title),
      make("dl", { className: "day" }, ...facts.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text)))),
      make("p", {}, say(`持有:${held}`, `Holdings: ${held}`)),
      make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: say(`${year.year} 年申报`, `Filings of ${year.year}`) }, table));
  }

  filingRow(found) {
    const lines = found.lines.map((line) => `${line.instrument} ${tonnes(line.quantity)}`).join(" + ") + (found.final ? say("(年度最终)", " (all of the year)") : "");
    const acts = make("span", { className: "acts" });
    const named = { filing_id: found.filing_id, account: this.account() };
    const answer = $("filing-answer");
    if (found.status === "initiated") {
      acts.append(button(say("作为第二人确认", "Confirm as second person"), answer, async () => {
        await this.link.request("surrender.confirm", named);
        await this.obligation();
        return say(`${found.filing_id} 已确认:${lines}`, `${found.filing_id} is confirmed: ${lines}`);
      }));
    }
    if (found.status === "initiated" || found.status === "pending") {
      acts.append(button(say("撤回", "Withdraw"), answer, async () => {
        await this.link.request("surrender.withdraw", named);
        await this.obligation();
        return say(`${found.filing_id} 已撤回`, `${found.filing_id} is withdrawn`);
      }));
    }
    const status = say(...(FILING[found.status] ?? [found.status, found.status]));
    return [found.filing_id, { text: lines, className: "wrap" }, found.note ? `${status}: ${found.note}` : status, [found.filed_by, found.confirmed_by].filter(Boolean).join(" → "), acts];
  }

  addLine() {
    const select = make("select", { name: "line", ariaLabel: say("品种", "Instrument") }, ...this.instruments.map((row) => make("option", { value: row.instrument }, row.instrument)));
    const number = make("input", { name: "tonnes", type: "number", min: "0", step: "1", required: true, ariaLabel: say("吨数", "Tonnes") });
    $("filing-lines").append(make("div", { className: "line" }, select, number));
    return select;
  }

  async file() {
    const lines = [...$("filing-lines").children].map((line) => ({
      instrument: line.querySelector("select").value, quantity: Number(line.querySelector("input").value),
    }));
    const told = await this.link.request("surrender.file", { year: Number(this.form.year.value), lines, final: this.form.final.checked, account: this.account() });
    $("filing-lines").replaceChildren();
    this.addLine();
    await this.obligation();
    return say(`已发起 ${told.filing_id},待本单位第二人确认。`, `${told.filing_id} is filed; a second person of the unit confirms it.`);
  }
}
