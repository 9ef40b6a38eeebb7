// The order ticket: what the exchange says would happen comes first, what is sent is exactly that, and it is sent once.

import { Unknown } from "./link.js";
import { $, make, refusalText } from "./people.js";
import { documentNode, tonnes, wrong } from "./parts.js";
import { reasonText } from "./reasons.js";
import { term } from "./terms.js";
import { grouped, say } from "./words.js";

const OUTCOMES = { passed: ["✓", "通过", "passed"], failed: ["✗", "未通过", "failed"], not_reached: ["·", "未查", "not reached"] };
const NUMERALS = "一二三四五六七八九十";

/** A client id that no other message has. */
export function newId() {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return `w-${Date.now().toString(36)}-${random[0].toString(36)}${random[1].toString(36)}`;
}

export class Ticket {
  /** account: () => the account's code. onInstrument: told which instrument is looked at. onSent: an order was taken. */
  constructor(link, account, onInstrument, onSent) {
    this.link = link;
    this.account = account;
    this.onSent = onSent;
    this.form = $("ticket");
    this.amended = ""; // the open order whose price and quantity stand in the form
    this.tested = null; // the order that the preflight accepted, with the id under which it will be sent
    this.instruments = new Map();
    this.form.addEventListener("input", () => this.forget());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.amended) this.replace();
      else if (this.tested) this.send();
      else this.test();
    });
    this.form.instrument.addEventListener("change", () => onInstrument(this.form.instrument.value));
    for (const name of ["price", "quantity"]) this.form[name].addEventListener("keydown", (event) => this.step(event, name));
  }

  show(instruments) {
    this.instruments = new Map(instruments.map((row) => [row.instrument, row]));
    const chosen = this.form.instrument.value;
    this.form.instrument.replaceChildren(...instruments.map((row) =>
      make("option", { value: row.instrument }, `${row.instrument} ${say(row.name_zh, row.name_en)}`)));
    if (this.instruments.has(chosen)) this.form.instrument.value = chosen;
  }

  step(event, name) {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const found = this.instruments.get(this.form.instrument.value);
    if (!way || !found) return;
    event.preventDefault();
    const field = this.form[name];
    if (name === "price") {
      const tick = Math.round(Number(found.tick) * 100);
      const now = Math.round(Number(field.value || found.last || found.reference_price || 0) * 100);
      field.value = (Math.max(tick, now + way * tick) / 100).toFixed(2);
    } else field.value = String(Math.max(found.lot, Number(field.value || 0) + way * found.lot));
    this.forget();
  }

  /** Whatever was tested is not what stands in the form any more. */
  forget() {
    this.tested = null;
    $("ticket-send").textContent = this.amended ? say(`改单 ${this.amended}`, `Change ${this.amended}`) : say("试算", "Check");
    $("preflight").replaceChildren();
    $("ticket-answer").textContent = "";
  }

  /** An open order is to be changed: its terms stand in the form, of which price and quantity can be typed over. */
  amend(order) {
    const { form } = this;
    for (const name of ["instrument", "side", "time_in_force", "price"]) form[name].value = order[name];
    form.quantity.value = String(order.order_qty);
    this.hold(order.order_id);
    form.price.focus();
    form.price.select();
  }

  /** Whether the form is about an open order ("" for a new one): what cannot be changed of one is fixed. */
  hold(order) {
    this.amended = order;
    for (const field of [this.form.instrument, this.form.time_in_force, ...this.form.side]) field.disabled = Boolean(order);
    this.forget();
  }

  async replace() {
    $("ticket-send").disabled = true;
    const order = this.amended;
    try {
      const told = await this.link.request("order.replace", { order_id: order, price: this.form.price.value.trim(), quantity: Number(this.form.quantity.value), account: this.account() });
      this.hold("");
      $("ticket-answer").textContent = say(`${order} 已改为 ${told.price},剩余 ${tonnes(told.leaves_qty)}`, `${order} is now at ${told.price}, ${tonnes(told.leaves_qty)} left`);
      this.onSent();
    } catch (error) {
      $("ticket-answer").textContent = wrong(error);
    } finally {
      $("ticket-send").disabled = false;
    }
  }

  asked() {
    const form = this.form;
    return {
      instrument: form.instrument.value, side: form.side.value, price: form.price.value.trim(),
      quantity: Number(form.quantity.value), time_in_force: form.time_in_force.value, account: this.account(),
    };
  }

  async test() {
    const order = { ...this.asked(), client_order_id: newId() };
    $("ticket-send").disabled = true;
    try {
      const told = await this.link.request("order.test", order);
      this.showTested(told);
      if (!told.accepted) return;
      this.tested = order;
      $("ticket-send").textContent = say("确认发送", "Confirm and send");
    } catch (error) {
      $("ticket-answer").textContent = wrong(error);
    } finally {
      $("ticket-send").disabled = false;
    }
  }

  async send() {
    const order = this.tested;
    $("ticket-send").disabled = true;
    try {
      const placed = await this.link.request("order.place", order);
      this.forget();
      $("ticket-answer").textContent = say(`已报 ${placed.order_id}`, `Taken as ${placed.order_id}`);
      this.onSent();
    } catch (error) {
      // Without an answer the same order under the same id is asked again: it cannot be entered twice.
      if (error instanceof Unknown) $("ticket-answer").textContent = say("未收到回复:再次确认将以同一编号查询,不会重复下单。", "No answer came: confirming again asks under the same id, nothing is entered twice.");
      else {
        this.forget();
        $("ticket-answer").textContent = refusalText(error);
      }
    } finally {
      $("ticket-send").disabled = false;
    }
  }

  /** Side and price are chosen; the quantity, or the price where there is none, is what is typed next. */
  begin(side, price = "") {
    if (side && this.amended) this.hold("");
    if (side) this.form.side.value = side;
    if (price) this.form.price.value = price;
    this.forget();
    const field = price ? this.form.quantity : this.form.price;
    field.focus();
    field.select();
  }

  /** The next instrument of the list, or with -1 the one before. */
  turn(way) {
    const select = this.form.instrument;
    const count = select.options.length;
    if (!count) return;
    if (this.amended) this.hold("");
    select.selectedIndex = (select.selectedIndex + way + count) % count;
    this.forget();
    select.dispatchEvent(new Event("change"));
  }

  showTested(told) {
    const side = term("side", told.side);
    const unit = this.instruments.get(told.instrument);
    const counted = `${tonnes(told.order_qty)} ${unit ? say(unit.unit_zh, unit.unit_en) : ""}`;
    const holds = told.side === "buy"
      ? say(`冻结资金 ${grouped(told.hold_cash)} 元`, `holds ${grouped(told.hold_cash)} CNY`)
      : say(`冻结 ${tonnes(told.hold_quantity)} ${unit?.unit_zh ?? ""}`, `holds ${tonnes(told.hold_quantity)} ${unit?.unit_en ?? ""}`);
    const fills = told.cum_qty
      ? say(`预计即时成交 ${tonnes(told.cum_qty)},均价 ${told.avg_price},手续费 ${told.fee} 元`, `${tonnes(told.cum_qty)} would fill now at ${told.avg_price} on average, fee ${told.fee} CNY`)
      : say("暂无即时成交,将挂单等待", "nothing would fill now, it would rest");
    const words = told.accepted
      ? say(`${side} ${told.instrument} ${counted},限价 ${told.price};金额 ${grouped(told.value)} 元,最高手续费 ${told.fee_max} 元,${holds};${fills}。`,
        `${side} ${counted} of ${told.instrument} at ${told.price} or better: value ${grouped(told.value)} CNY, fee at most ${told.fee_max} CNY, ${holds}; ${fills}.`)
      : say(`不会被接受:${reasonText(told.reason)}`, `Would be refused: ${reasonText(told.reason)}`);
    const measured = [
      told.limit !== null && say(`限值 ${told.limit}`, `limit ${told.limit}`), told.actual !== null && say(`实际 ${told.actual}`, `actual ${told.actual}`),
      told.own_canceled > 0 && say(`自成交防范将撤 ${told.own_canceled} 笔本方委托`, `${told.own_canceled} orders of one's own would be canceled`),
    ].filter(Boolean).join(" · ");
    const rows = told.checks.map((check) => {
      const [mark, zh, en] = OUTCOMES[check.outcome] ?? ["", check.outcome, check.outcome];
      return make("li", { className: check.outcome }, `${mark} ${check.rule} ${check.name.replaceAll("_", " ")}: ${say(zh, en)}${check.limit !== null ? ` (${check.actual} / ${check.limit})` : ""}`);
    });
    $("preflight").replaceChildren(
      make("p", { className: `verdict ${told.accepted ? "accepted" : "refused"}` }, words),
      measured ? make("p", {}, measured) : null,
      make("details", {}, make("summary", {}, say("逐条规则", "Each rule")), make("ul", { className: "checks" }, ...rows)),
    );
  }
}

/** Five levels as a table; a price can be taken into the ticket. */
export function showBook(data, onPrice) {
  const rows = (levels, side) => levels.map(([price, quantity], place) => {
    const pick = make("button", { type: "button", className: "pick" }, price);
    pick.addEventListener("click", () => onPrice(price));
    return make("tr", { className: side }, make("th", { scope: "row" }, term("level", side) + say(NUMERALS[place] ?? place + 1, ` ${place + 1}`)), make("td", {}, pick), make("td", {}, tonnes(quantity)));
  });
  const all = [...rows(data.asks, "ask").reverse(), ...rows(data.bids, "bid")];
  const focused = [...$("book").querySelectorAll("button")].indexOf(document.activeElement);
  $("book").replaceChildren(...(all.length ? all : [make("tr", {}, make("td", { colSpan: 3, className: "text" }, say("盘口为空", "The book is empty")))]));
  if (focused >= 0) $("book").querySelectorAll("button")[focused]?.focus(); // the keyboard stays on the row where it was
  if (data.auction) $("book-note").replaceChildren(documentNode(data.auction));
  else $("book-note").replaceChildren();
}
