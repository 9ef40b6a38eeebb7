// What is agreed or bid apart from the book: block offers with a counterparty, and sealed bids in the government's auctions.

import { Unknown } from "./link.js";
import { $, make, moment } from "./people.js";
import { button, fill, run, tonnes } from "./parts.js";
import { term } from "./terms.js";
import { newId } from "./ticket.js";
import { grouped, say } from "./words.js";

const ROLES = { offerer: ["本方发出", "made"], counterparty: ["收到", "received"] };
const STATES = { new: ["待答复", "open"], filled: ["已成交", "traded"], canceled: ["已结束", "ended"], expired: ["已过期", "expired"] };
const AUCTIONS_SHOWN = 10;

/** What kind of auction it is; one that a participant holds is named as such. */
function kindOf(row) {
  if (row.held_by && row.held_by !== "government") {
    const kind = term("participant_auction", row.direction);
    return say(`${kind}(${row.held_by})`, `${kind}, by ${row.held_by}`);
  }
  return term("government_auction", row.direction);
}

/** Something that is sent once: while its outcome is not known, the same content goes under the same client id. */
class Once {
  async send(link, method, name, params) {
    const said = JSON.stringify([method, params]);
    if (said !== this.said) {
      this.said = said;
      this.id = newId();
    }
    try {
      const told = await link.request(method, { ...params, [name]: this.id });
      this.said = "";
      return told;
    } catch (error) {
      if (!(error instanceof Unknown)) this.said = "";
      throw error;
    }
  }
}

export class Deals {
  /** account: () => the account's code; onChange: what was held may have changed. */
  constructor(link, account, onChange) {
    this.link = link;
    this.account = account;
    this.onChange = onChange;
    this.once = new Once();
    $("block").addEventListener("submit", (event) => {
      event.preventDefault();
      run($("block-send"), $("block-answer"), () => this.offer());
    });
    $("bid").addEventListener("submit", (event) => {
      event.preventDefault();
      run($("bid-send"), $("bid-answer"), () => this.bid());
    });
  }

  show(instruments) {
    const select = $("block").instrument;
    const chosen = select.value;
    select.replaceChildren(...instruments.map((row) => make("option", { value: row.instrument }, `${row.instrument} ${say(row.name_zh, row.name_en)}`)));
    if (instruments.some((row) => row.instrument === chosen)) select.value = chosen;
  }

  async look() {
    const of = { account: this.account() };
    const [blocks, auctions, bids] = await Promise.all([
      this.link.request("block.list", of), this.link.request("auction.list", { limit: AUCTIONS_SHOWN }), this.link.request("auction.bids", of),
    ]);
    this.showBlocks(blocks.offers);
    this.showAuctions(auctions.auctions, bids.bids);
  }

  // ---- block offers -----------------------------------------------------------------------------------------------

  async offer() {
    const form = $("block");
    const told = await this.once.send(this.link, "block.offer", "client_offer_id", {
      instrument: form.instrument.value, side: form.side.value, price: form.price.value.trim(), quantity: Number(form.quantity.value),
      counterparties: form.counterparties.value.split(/[\s,,、;;]+/).filter(Boolean), account: this.account(),
    });
    form.reset();
    await this.changed();
    return say(`已发出 ${told.block_id}`, `${told.block_id} is sent`);
  }

  async changed() {
    this.onChange();
    await this.look();
  }

  showBlocks(rows) {
    fill($("blocks"), rows.toReversed().map((row) => {
      const isOpen = row.status === "new";
      const parties = row.counterparties.join(", ");
      return [
        row.block_id + (row.answers ? say(`(还价 ${row.answers})`, ` (counters ${row.answers})`) : ""), say(...(ROLES[row.role] ?? [row.role, row.role])), row.instrument,
        { text: term("side", row.side), className: row.side === "buy" ? "up" : "down" }, row.price, tonnes(row.quantity), grouped(row.amount), { text: parties, className: "wrap" },
        `${say(...(STATES[row.status] ?? [row.status, row.status]))}${row.trade_id ? ` ${row.trade_id}` : ""}`, isOpen ? this.blockActs(row) : "—",
      ];
    }), say("今日没有大宗报价", "No block offers today"));
  }

  blockActs(row) {
    const answer = $("block-answer");
    const named = { block_id: row.block_id, account: this.account() };
    const ask = (method, told) => async () => {
      const said = await this.link.request(method, named);
      await this.changed();
      return told(said);
    };
    if (row.role === "offerer") return make("span", { className: "acts" }, button(say("撤回", "Withdraw"), answer, ask("block.withdraw", () => say(`${row.block_id} 已撤回`, `${row.block_id} is withdrawn`)), { ariaLabel: say(`撤回 ${row.block_id}`, `Withdraw ${row.block_id}`) }));
    const input = (name, value, zh, en) => make("input", { name, value, size: 8, inputMode: "decimal", ariaLabel: say(`${row.block_id} ${zh}`, `${en} of ${row.block_id}`) });
    const price = input("price", row.price, "还价价格", "Price of a counter");
    const quantity = input("quantity", String(row.quantity), "还价数量", "Quantity of a counter");
    return make("span", { className: "acts" },
      button(say("成交确认", "Confirm"), answer, ask("block.confirm", (said) => say(`成交 ${said.trade_id}`, `Traded as ${said.trade_id}`)), { ariaLabel: say(`确认 ${row.block_id}`, `Confirm ${row.block_id}`) }),
      price, quantity,
      button(say("还价", "Counter"), answer, async () => {
        const told = await this.once.send(this.link, "block.counter", "client_offer_id", { ...named, price: price.value.trim(), quantity: Number(quantity.value) });
        await this.changed();
        return say(`还价 ${told.block_id} 已发出`, `Countered by ${told.block_id}`);
      }, { ariaLabel: say(`还价 ${row.block_id}`, `Counter ${row.block_id}`) }),
      button(say("拒绝", "Decline"), answer, ask("block.decline", () => say(`${row.block_id} 已拒绝`, `${row.block_id} is declined`)), { ariaLabel: say(`拒绝 ${row.block_id}`, `Decline ${row.block_id}`) }));
  }

  // ---- auctions -----------------------------------------------------------------------------------------------------

  async bid() {
    const form = $("bid");
    const told = await this.once.send(this.link, "auction.bid", "client_bid_id", {
      auction: form.auction.value, price: form.price.value.trim(), quantity: Number(form.quantity.value), account: this.account(),
    });
    form.reset();
    await this.changed();
    return say(`已申报 ${told.bid_id}`, `Taken as ${told.bid_id}`);
  }

  showAuctions(auctions, bids) {
    const open = auctions.filter((row) => row.status === "open").map((row) => row.auction);
    const select = $("bid").auction;
    if (open.join() !== [...select.options].map((option) => option.value).join()) {
      const chosen = select.value;
      select.replaceChildren(...open.map((name) => make("option", { value: name }, name)));
      if (open.includes(chosen)) select.value = chosen;
    }
    $("bid").hidden = !open.length;
    fill($("auctions"), auctions.map((row) => [
      row.auction, kindOf(row), row.instrument, tonnes(row.quantity), row.limit_price ?? "—",
      row.closes_at ? moment(row.closes_at) : "—", term("auction_status", row.status),
      row.result ? say(`${row.result.price ?? "—"} · 成交 ${tonnes(row.result.quantity)} · 倍数 ${row.result.cover_ratio}`, `${row.result.price ?? "—"} · sold ${tonnes(row.result.quantity)} · cover ${row.result.cover_ratio}`) : "—",
    ]), say("没有竞价", "No auctions"));
    fill($("bids"), bids.map((row) => [
      row.bid_id, row.auction, row.price, tonnes(row.quantity), row.held_units ? tonnes(row.held_units) : grouped(row.held_cash),
      button(say("撤回", "Withdraw"), $("bid-answer"), async () => {
        await this.link.request("auction.withdraw", { bid_id: row.bid_id, account: this.account() });
        await this.changed();
        return say(`${row.bid_id} 已撤回`, `${row.bid_id} is withdrawn`);
      }, { ariaLabel: say(`撤回 ${row.bid_id}`, `Withdraw ${row.bid_id}`) }),
    ]), say("没有未出清的申报", "No open bids"));
  }
}
