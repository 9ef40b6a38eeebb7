// Auctions and buy-backs: how each stands, how many bids it has and never one of them, and the acts that come next. A notice is announced in steps and read in words.

import { pagedTable } from "./paged.js";
import { $, make, moment } from "./people.js";
import { run, tonnes } from "./parts.js";
import { ActForm } from "./proposing.js";
import { term } from "./terms.js";
import { grouped, say } from "./words.js";

const NEXT = { announced: ["open_auction", "cancel_auction"], open: ["close_auction", "cancel_auction"] };
const STEPS = [
  [["标的", "What is sold or bought"], ["code", "direction", "method", "instrument", "tonnes", "trading_day", "notice"]],
  [["双方", "Both sides"], ["unit_account", "cash_account", "categories", "bidders"]],
  [["出价", "Bids"], ["qty_min", "lot", "cap", "cap_bp", "tie", "undersubscribed", "withdrawable"]],
  [["窗口与价格", "Window and prices"], ["opens_at", "closes_at", "limit_price", "reserve_price", "budget"]],
];
const RESULT = {
  price: ["出清价(元)", "Price (CNY)"], quantity: ["成交(吨)", "Sold (t)"], bid_quantity: ["出价合计(吨)", "Bid (t)"], bidders: ["竞买人", "Bidders"], winners: ["中标人", "Winners"],
  revenue: ["金额(元)", "Revenue (CNY)"], cover_ratio: ["覆盖倍数", "Cover ratio"], lowest_bid: ["最低出价", "Lowest bid"], highest_bid: ["最高出价", "Highest bid"], left_over: ["剩余(吨)", "Left over (t)"],
  mean_bid: ["平均出价", "Mean bid"], median_bid: ["出价中位数", "Median bid"], bid_deviation: ["出价标准差", "Deviation of bids"],
  bid_per_bidder_mean: ["户均出价(吨)", "Bid by each (t)"], bid_per_bidder_deviation: ["户出价标准差", "Its deviation"], won_per_bidder_mean: ["户均中标(吨)", "Won by each (t)"], won_per_bidder_deviation: ["户中标标准差", "Its deviation"],
  seller_fees: ["卖方费用(元)", "Seller's fees (CNY)"],
};

/** The view. `open(act, fields)` goes to the form of an act. */
export class Auctions {
  constructor(link, forms, open, soon) {
    this.link = link;
    this.forms = forms;
    this.open = open;
    this.form = new ActForm(forms, soon);
    $("auction-announce").addEventListener("click", () => run($("auction-announce"), $("auctions-answer"), () => this.announce({})));
  }

  async refresh() {
    const rows = await this.link.request("ops.auctions");
    await this.forms.all();
    const seen = JSON.stringify(rows);
    if (this.seen === seen) return;
    this.seen = seen;
    const names = [say("编号", "Auction"), say("状态", "Status"), say("方向与方式", "What and how"), say("品种", "Instrument"), say("数量(吨)", "Quantity (t)"), say("日期", "Day"), say("窗口", "Window"), say("出价(人)", "Bids (bidders)"), say("结果", "Result"), say("操作", "Acts")];
    $("auctions").replaceChildren(pagedTable(say("竞价与回购", "Auctions and buy-backs"), names, rows.map(({ auction: row, bids, bidders }) => [
      row.auction, { text: term("auction_status", row.status), className: "text" }, { text: `${this.word("direction", row.direction)} · ${this.word("method", row.method)}`, className: "text wrap" },
      row.instrument, tonnes(row.quantity), row.trading_day, { text: row.opens_at || row.closes_at ? `${row.opens_at ? moment(row.opens_at).slice(11) : "…"} – ${row.closes_at ? moment(row.closes_at).slice(11) : "…"}` : say("由操作员", "by operators"), className: "text" },
      row.status === "open" ? `${bids} (${bidders})` : row.result ? `(${row.result.bidders})` : "—",
      { text: row.result ? `${row.result.price ?? "—"} × ${grouped(row.result.quantity)}` : row.reason || "—", className: "text wrap" }, this.acts(row),
    ]), say("尚无竞价", "No auction yet")));
  }

  word(list, value) {
    const found = this.forms.told.choices[list].find((row) => row.value === value);
    return found ? say(found.zh, found.en) : value;
  }

  acts(row) {
    const go = (name) => {
      const form = this.forms.told.acts.find((each) => each.act === name);
      const made = make("button", { type: "button", ariaLabel: say(`${form.zh} ${row.auction}`, `${form.en} ${row.auction}`), className: name === "cancel_auction" ? "danger" : "" }, say(form.zh, form.en));
      made.addEventListener("click", () => run(made, $("auctions-answer"), () => this.open(name, { auction: row.auction })));
      return made;
    };
    const look = make("button", { type: "button", ariaLabel: say(`${row.auction} 的公告与结果`, `Notice and result of ${row.auction}`) }, say("详情", "Details"));
    look.addEventListener("click", () => this.look(row));
    return { node: make("div", { className: "acts" }, ...(NEXT[row.status] ?? []).map(go), look), className: "wrap" };
  }

  /** The notice in words and the result, of what everyone may see. */
  look(row) {
    const result = Object.entries(row.result ?? {}).filter(([name, value]) => RESULT[name] && value !== null).flatMap(([name, value]) => [make("dt", {}, say(...RESULT[name])), make("dd", {}, grouped(value))]);
    const fields = { ...row, code: row.auction, tonnes: row.quantity, reserve_price: row.has_reserve };
    const texts = {
      ...fields, direction: this.word("direction", row.direction), method: this.word("method", row.method), tie: this.word("tie", row.tie), undersubscribed: this.word("undersubscribed", row.undersubscribed),
      categories: row.categories.map((word) => this.word("bidder_category", word)).join(say("、", ", ")), bidders: row.bidders_named ? say(`${row.bidders_named} 户`, `${row.bidders_named} accounts`) : "",
      opens_at: row.opens_at && moment(row.opens_at), closes_at: row.closes_at && moment(row.closes_at),
    };
    $("auction-shown").replaceChildren(
      make("h3", { tabIndex: -1, id: "auction-name" }, `${row.auction} ${term("auction_status", row.status)}`), notice(fields, texts),
      row.reason ? make("p", {}, say(`取消原因:${row.reason}`, `Canceled: ${row.reason}`)) : "",
      result.length ? make("dl", { className: "document" }, ...result) : "");
    $("auction-name").focus();
  }

  /** The form of a notice, in steps. */
  async announce(given) {
    const steps = STEPS.map(([title, names]) => [say(...title), names]);
    const form = await this.form.show("announce_auction", given, { steps, preview: notice });
    $("auction-shown").replaceChildren(make("h3", { tabIndex: -1, id: "auction-name" }, say("竞价公告", "Announce an auction")), form);
    this.form.controls[0].focus();
    return "";
  }
}

/** A notice in words: `fields` as the exchange takes them, `texts` as people read them. */
export function notice(fields, texts) {
  const has = (name) => fields[name] !== undefined && fields[name] !== "" && fields[name] !== 0 && fields[name] !== false && fields[name] !== null;
  const number = (name) => grouped(fields[name]);
  const isSale = fields.direction === "sale";
  const zh = [
    `${has("notice") ? `${fields.notice}:` : ""}定于 ${fields.trading_day} 以${texts.method}方式${isSale ? "出售" : "回购"} ${texts.instrument} ${number("tonnes")} 吨(${fields.code})。`,
    has("unit_account") && `${isSale ? "单位出自" : "单位转入"} ${texts.unit_account},${isSale ? "价款转入" : "价款出自"} ${texts.cash_account}。`,
    `可参加:${[texts.categories, texts.bidders].filter((text) => text && text !== "—").join(",另准 ") || "—"}。`,
    `每笔不少于 ${number("qty_min")} 吨,为 ${number("lot")} 吨的整数倍${has("cap") ? `,每户合计不超过 ${number("cap")} 吨` : ""}${has("cap_bp") ? `,每户合计不超过 ${fields.cap_bp / 100}%` : ""}。`,
    has("limit_price") ? `${isSale ? "底价" : "最高价"} ${fields.limit_price} 元。` : "不设公开底价。",
    has("reserve_price") && "另有不公布的保密底价。",
    has("budget") && `预算 ${number("budget")} 元。`,
    has("opens_at") || has("closes_at") ? `窗口:${has("opens_at") ? texts.opens_at : "由操作员开始"} 至 ${has("closes_at") ? texts.closes_at : "由操作员截止"}。` : "窗口由操作员开始与截止。",
    `末位同价:${texts.tie};出价不足时:${texts.undersubscribed};出价${has("withdrawable") ? "可以" : "不得"}撤回。`,
    has("closes_market") && "当日该品种暂停交易。",
    has("use_restricted") && "竞得单位仅限本单位清缴。",
    has("fee_ppm") && `中标人另付 ${fields.fee_ppm / 10_000}% 费用。`,
    has("seller_fee_ppm") && `卖方费用 ${fields.seller_fee_ppm / 10_000}%。`,
    has("carry_over") && `未成交部分分摊至其后 ${fields.carry_over} 次。`,
  ];
  const en = [
    `${has("notice") ? `${fields.notice}: ` : ""}On ${fields.trading_day}, ${number("tonnes")} t of ${texts.instrument} are ${isSale ? "sold" : "bought back"} (${fields.code}), ${texts.method}.`,
    has("unit_account") && `Units ${isSale ? "come from" : "go to"} ${texts.unit_account}, money ${isSale ? "goes to" : "comes from"} ${texts.cash_account}.`,
    `Open to: ${[texts.categories, texts.bidders].filter((text) => text && text !== "—").join("; and ") || "—"}.`,
    `Each bid is at least ${number("qty_min")} t, in lots of ${number("lot")} t${has("cap") ? `, all bids of one bidder at most ${number("cap")} t` : ""}${has("cap_bp") ? `, all bids of one bidder at most ${fields.cap_bp / 100} %` : ""}.`,
    has("limit_price") ? `${isSale ? "No bid below" : "No offer above"} ${fields.limit_price} CNY.` : "No published limit price.",
    has("reserve_price") && "There is a confidential limit price, which is not published.",
    has("budget") && `Budget ${number("budget")} CNY.`,
    has("opens_at") || has("closes_at") ? `Window: ${has("opens_at") ? texts.opens_at : "opened by an operator"} to ${has("closes_at") ? texts.closes_at : "closed by an operator"}.` : "Operators open and close the window.",
    `Ties at the last price: ${texts.tie}. Where too little is bid: ${texts.undersubscribed}. Bids can${has("withdrawable") ? "" : "not"} be withdrawn.`,
    has("closes_market") && "The instrument is halted for the day.",
    has("use_restricted") && "What is bought is for the bidder's own surrender only.",
    has("fee_ppm") && `Winners pay a fee of ${fields.fee_ppm / 10_000} %.`,
    has("seller_fee_ppm") && `The seller pays a fee of ${fields.seller_fee_ppm / 10_000} %.`,
    has("carry_over") && `What is left over is spread over the next ${fields.carry_over} auctions.`,
  ];
  return make("p", { className: "notice-words" }, say(zh.filter(Boolean).join(""), en.filter(Boolean).join(" ")));
}
