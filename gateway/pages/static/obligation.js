// The compliance year: what is owed and what would meet it, a surrender planned step by step, filed, and confirmed by a second person.

import { $, make } from "./people.js";
import { button, fill, run, tonnes } from "./parts.js";
import { grouped, say } from "./words.js";

const FILING = {
  initiated: ["待第二人确认", "waits for a second person"], pending: ["待登记机构确认", "waits for the registry"],
  confirmed: ["已清缴", "surrendered"], rejected: ["已退回", "rejected"], withdrawn: ["已撤回", "withdrawn"],
};
const PATH = ["initiated", "pending", "confirmed"];
const PATH_NAMES = { initiated: ["已发起", "filed"], pending: ["第二人已确认", "second person"], confirmed: ["已清缴", "surrendered"] };
const DAY_MS = 86_400_000;
const MILLION = 1_000_000;

export class Obligation {
  /** account, today: () => the account's code and the trading day. */
  constructor(link, account, today) {
    this.link = link;
    this.account = account;
    this.today = today;
    this.asks = new Map(); // instrument -> offers that can be seen, [price, tonnes], best first
    this.instruments = new Map();
    this.held = new Map();
    this.years = [];
    this.orders = [];
    this.form = $("filing");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      run($("filing-send"), $("filing-answer"), () => this.file());
    });
    this.form.year.addEventListener("change", () => this.plan());
    this.form.offsets.addEventListener("input", () => this.suggest());
    $("filing-lines").addEventListener("input", () => this.sum());
    this.form.final.addEventListener("input", () => this.sum());
  }

  show(instruments) {
    this.instruments = new Map(instruments.map((row) => [row.instrument, row]));
  }

  /** Instruments that meet an obligation without a limit. */
  allowances() {
    return [...this.instruments.values()].filter((row) => row.kind === "allowance").map((row) => row.instrument);
  }

  /** The offers of an instrument have changed. */
  offered(instrument, asks) {
    this.asks.set(instrument, asks);
    for (const shown of document.querySelectorAll("#years [data-missing]")) shown.textContent = this.costText(Number(shown.dataset.missing));
    this.sum();
  }

  async look(orders) {
    const [told, units] = await Promise.all([
      this.link.request("account.obligation", { account: this.account() }),
      this.link.request("account.allowances", { account: this.account() }),
    ]);
    this.orders = orders;
    this.held = new Map(units.holdings.map((row) => [row.instrument, row]));
    this.years = told.years;
    this.draw();
  }

  draw() {
    const said = JSON.stringify([this.account(), this.years, [...this.held], this.orders.map((row) => [row.order_id, row.leaves_qty]), this.today()]);
    if (said === this.said) return; // what is being read, or has the keyboard's focus, stays where it is
    this.said = said;
    $("years").replaceChildren(...(this.years.length ? this.years.toReversed().map((year) => this.yearNode(year)) : [make("p", {}, say("该账户没有履约年度。", "The account owes no compliance year."))]));
    const open = this.years.filter((year) => !year.is_final);
    const chosen = this.form.year.value;
    const names = open.map((year) => String(year.year));
    if (names.join() !== [...this.form.year.options].map((option) => option.value).join()) {
      this.form.year.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
      if (names.includes(chosen)) this.form.year.value = chosen;
    }
    this.form.hidden = !open.length || !document.body.dataset.scopes?.split(" ").includes("file");
    this.plan();
  }

  // ---- the cockpit ----------------------------------------------------------------------------------------------

  /** What so many tonnes of allowances would cost at the offers that can be seen, with fees; `unseen`: what is not offered. */
  cost(missing) {
    const offers = this.allowances().flatMap((name) => (this.asks.get(name) ?? []).map(([price, quantity]) => ({ name, fen: Math.round(Number(price) * 100), quantity })));
    offers.sort((one, other) => one.fen - other.fen);
    let left = missing;
    let fen = 0;
    for (const { name, fen: price, quantity } of offers) {
      const taken = Math.min(left, quantity);
      const { trading_fee_ppm: trading, settlement_fee_ppm: settlement } = this.instruments.get(name);
      fen += taken * price + Math.round((taken * price * (trading + settlement)) / MILLION);
      left -= taken;
    }
    return { fen, unseen: left };
  }

  costText(missing) {
    if (!missing) return "—";
    const { fen, unseen } = this.cost(missing);
    if (unseen === missing) return say("盘口无卖单", "no offer can be seen");
    const text = grouped((fen / 100).toFixed(2));
    return unseen
      ? say(`可见卖单仅 ${tonnes(missing - unseen)},含费约 ${text} 元`, `about ${text} CNY with fees for the ${tonnes(missing - unseen)} that can be seen`)
      : say(`含费约 ${text} 元`, `about ${text} CNY with fees`);
  }

  yearNode(year) {
    const left = year.surrender_deadline ? Math.ceil((Date.parse(year.surrender_deadline) - Date.parse(this.today())) / DAY_MS) : null;
    const limits = Object.entries(year.offset_limits).map(([name, limit]) => `${name} ${tonnes(year.offsets[name] ?? 0)} / ${tonnes(limit)}`);
    const facts = [
      [say("核定排放", "Verified emissions"), tonnes(year.emissions)],
      [say("应清缴", "Obligation"), tonnes(year.obligation)],
      [say("已清缴", "Surrendered"), tonnes(year.surrendered)],
      [say("抵销 已用 / 上限", "Offsets used / limit"), limits.join(", ") || say("不得使用", "none may be used")],
      [say("缺口", "Still owed"), tonnes(year.shortfall)],
      [say("须保留", "To be kept"), tonnes(year.retention_floor)],
      [say("截止日", "Deadline"), year.surrender_deadline || say("未定", "none set")],
      [say("剩余天数", "Days left"), left === null ? "—" : left < 0 ? say(`已逾期 ${-left} 天`, `${-left} days late`) : String(left)],
    ];
    const title = `${year.year} ${year.is_final ? say("(已结)", "(final)") : ""}`;
    return make("section", { className: "year", "aria-label": String(year.year) },
      make("h3", {}, title),
      make("dl", { className: "day wide-day" }, ...facts.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text))),
        make("div", {}, make("dt", {}, say("按当前盘口买足缺口", "To buy all of it now")), make("dd", { "data-missing": year.shortfall ?? 0 }, this.costText(year.shortfall)))),
      year.is_final ? null : this.table(say("各年份持有与挂单", "Holdings by vintage and open orders"), [
        say("品种", "Instrument"), say("年份", "Vintage"), say("可用于清缴", "Can be surrendered"), say("T+N 锁定", "Locked"), say("挂单卖出", "On offer"), say("挂单买入", "Bid for"), say("登记余额", "Settled"),
      ], [...this.instruments.values()].map((row) => this.heldRow(row)).filter(Boolean), say("没有持仓", "No units")),
      this.table(say(`${year.year} 年申报`, `Filings of ${year.year}`), [
        say("编号", "Filing"), say("内容", "Units"), say("状态", "Status"), say("申报人", "By"), say("操作", "Act"),
      ], year.filings.map((found) => this.filingRow(found)), say("尚无申报", "Nothing filed")));
  }

  table(caption, heads, rows, empty) {
    const body = make("tbody");
    const table = make("table", {}, make("caption", {}, caption), make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)))), body);
    fill(body, rows, empty);
    return make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: caption }, table);
  }

  heldRow(row) {
    const held = this.held.get(row.instrument);
    const bid = this.orders.filter((order) => order.instrument === row.instrument && order.side === "buy").reduce((sum, order) => sum + order.leaves_qty, 0);
    if (!held?.settled && !held?.available && !bid) return null;
    return [`${row.instrument} ${row.kind === "allowance" ? say("配额", "allowance") : say("抵销量", "offset")}`, row.vintage, tonnes(this.usable(row.instrument)), tonnes(held?.locked ?? 0), tonnes(held?.held ?? 0), tonnes(bid), tonnes(held?.settled ?? 0)];
  }

  /** Tonnes that could be surrendered now: what is free, and what may be used for nothing else. */
  usable(instrument) {
    const held = this.held.get(instrument);
    return held ? held.available + held.use_restricted : 0;
  }

  filingRow(found) {
    const lines = found.lines.map((line) => `${line.instrument} ${tonnes(line.quantity)}`).join(" + ") + (found.final ? say("(年度最终)", " (all of the year)") : "");
    const acts = make("span", { className: "acts" });
    const named = { filing_id: found.filing_id, account: this.account() };
    const answer = $("filing-answer");
    const asked = (method, told) => async () => {
      await this.link.request(method, named);
      await this.look(this.orders);
      return told;
    };
    if (found.status === "initiated") acts.append(button(say("作为第二人确认", "Confirm as second person"), answer, asked("surrender.confirm", say(`${found.filing_id} 已确认:${lines}`, `${found.filing_id} is confirmed: ${lines}`))));
    if (found.status === "initiated" || found.status === "pending") acts.append(button(say("撤回", "Withdraw"), answer, asked("surrender.withdraw", say(`${found.filing_id} 已撤回`, `${found.filing_id} is withdrawn`))));
    const status = say(...(FILING[found.status] ?? [found.status, found.status]));
    return [found.filing_id, { text: lines, className: "wrap" }, { node: pathNode(found, status), className: "wrap" }, [found.filed_by, found.confirmed_by].filter(Boolean).join(" → "), acts];
  }

  // ---- a surrender, step by step ----------------------------------------------------------------------------------

  year() {
    return this.years.find((year) => String(year.year) === this.form.year.value);
  }

  /** Offsets that the year's rules still allow of what is held: [instrument, tonnes], oldest vintage first. */
  offsetRoom(year) {
    const room = Object.fromEntries(Object.entries(year.offset_limits).map(([name, limit]) => [name, limit - (year.offsets[name] ?? 0)]));
    const rows = this.byVintage().filter((row) => room[row.product] > 0);
    return rows.map((row) => {
      const most = Math.min(this.usable(row.instrument), room[row.product]);
      room[row.product] -= most;
      return [row.instrument, most];
    });
  }

  byVintage() {
    return [...this.instruments.values()].filter((row) => this.usable(row.instrument) > 0).sort((one, other) => one.vintage - other.vintage);
  }

  /** The lines and the slider of the year that is chosen; what a person has typed stays. */
  plan() {
    const year = this.year();
    if (!year) return;
    const rows = this.byVintage();
    const said = JSON.stringify([this.account(), year.year, year.shortfall, year.offsets, rows.map((row) => [row.instrument, this.usable(row.instrument)])]);
    if (said !== this.planned) {
      this.planned = said;
      const most = Math.min(year.shortfall ?? 0, this.offsetRoom(year).reduce((sum, [, held]) => sum + held, 0));
      this.form.offsets.max = String(most);
      this.form.offsets.value = String(most);
      this.form.offsets.disabled = !most;
      $("filing-lines").replaceChildren(...rows.map((row) => make("div", { className: "line" },
        make("label", { htmlFor: `f-${row.instrument}` }, `${row.instrument} · ${say(`可用 ${tonnes(this.usable(row.instrument))}`, `${tonnes(this.usable(row.instrument))} can be used`)}`),
        make("input", { id: `f-${row.instrument}`, name: row.instrument, type: "number", min: "0", max: String(this.usable(row.instrument)), step: "1", inputMode: "numeric" }))));
      this.suggest();
    } else this.sum();
  }

  /** Offsets as far as the slider says, then allowances, the oldest first. */
  suggest() {
    const year = this.year();
    let offsets = Number(this.form.offsets.value);
    let left = year.shortfall ?? 0;
    const taken = new Map();
    const take = (instrument, most) => {
      taken.set(instrument, most);
      left -= most;
    };
    for (const [instrument, most] of this.offsetRoom(year)) {
      const used = Math.min(offsets, most, left);
      take(instrument, used);
      offsets -= used;
    }
    for (const row of this.byVintage()) if (row.kind === "allowance") take(row.instrument, Math.min(left, this.usable(row.instrument)));
    for (const input of this.inputs()) input.value = String(taken.get(input.name) ?? 0);
    this.form.final.checked = year.shortfall !== null && left === 0;
    this.sum();
  }

  inputs() {
    return [...$("filing-lines").querySelectorAll("input")];
  }

  lines() {
    return this.inputs().map((input) => ({ instrument: input.name, quantity: Number(input.value) })).filter((line) => line.quantity > 0);
  }

  /** What the plan comes to, before it is sent. */
  sum() {
    const year = this.year();
    if (!year || this.form.hidden) return;
    const lines = this.lines();
    const count = (kind) => lines.filter((line) => (this.instruments.get(line.instrument)?.kind === "allowance") === (kind === "allowance")).reduce((sum, line) => sum + line.quantity, 0);
    const [allowances, offsets] = [count("allowance"), count("offset")];
    const left = year.shortfall === null ? null : Math.max(0, year.shortfall - allowances - offsets);
    $("filing-offsets").textContent = `${tonnes(Number(this.form.offsets.value))} / ${tonnes(Number(this.form.offsets.max))}`;
    const facts = [
      [say("配额", "Allowances"), tonnes(allowances)],
      [say("抵销量", "Offsets"), tonnes(offsets)],
      [say("本次合计", "Together"), tonnes(allowances + offsets)],
      [say("之后仍欠", "Owed after it"), tonnes(left)],
      [say("买足约需", "To buy that"), left ? this.costText(left) : "—"],
    ];
    $("filing-sum").replaceChildren(...facts.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text))));
  }

  async file() {
    const lines = this.lines();
    // A final filing of nothing more confirms what was filed before: the exchange wants an instrument named all the same.
    if (!lines.length && this.form.final.checked) lines.push({ instrument: this.allowances()[0], quantity: 0 });
    if (!lines.length) return say("请先填写吨数。", "Say first how many tonnes.");
    const told = await this.link.request("surrender.file", { year: Number(this.form.year.value), lines, final: this.form.final.checked, account: this.account() });
    await this.look(this.orders);
    return say(`已发起 ${told.filing_id},待本单位第二人确认。`, `${told.filing_id} is filed; a second person of the unit confirms it.`);
  }
}

/** How far a filing has come; where it ended otherwise, how and why. */
function pathNode(found, status) {
  const place = PATH.indexOf(found.status);
  const reached = found.status === "rejected" ? 1 : place;
  const steps = place < 0 ? null : PATH.map((step, at) => make("span", { className: at <= reached ? "reached" : "" }, `${at <= reached ? "●" : "○"} ${say(...PATH_NAMES[step])}`));
  return make("span", {}, steps ? make("span", { className: "tracker" }, ...steps) : null, steps ? make("br") : null, found.note ? `${status}: ${found.note}` : status);
}
