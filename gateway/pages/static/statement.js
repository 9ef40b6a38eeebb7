// One day's statement as settlement made it: on the page and on paper, and as an Excel workbook. It adds nothing up itself.

import { clock, grouped, local, say } from "./words.js";
import { make } from "./people.js";
import { reasonText } from "./reasons.js";
import { detailText } from "./settlement.js";
import { term } from "./terms.js";

const NANOS_IN_MS = 1_000_000;
const STATES = ["available", "locked", "encumbered", "preallocated", "use_restricted"];
const CASH = {
  deposited: ["入金", "Deposited"], withdrawn: ["出金", "Withdrawn"], bought: ["买入付款", "Paid for purchases"], sold: ["卖出收款", "Got from sales"], fees: ["手续费", "Fees"], fees_returned: ["退还手续费", "Fees returned"],
  transferred_in: ["转入", "Transferred in"], transferred_out: ["转出", "Transferred out"], voided_in: ["撤销成交转入", "In from voided trades"], voided_out: ["撤销成交转出", "Out by voided trades"],
};
const UNITS = {
  bought: ["买入", "Bought"], sold: ["卖出", "Sold"], issued: ["发放", "Issued"], surrendered: ["清缴", "Surrendered"], canceled: ["注销", "Cancelled"], withdrawn: ["核减", "Withdrawn"],
  transferred_in: ["转入", "Transferred in"], transferred_out: ["转出", "Transferred out"], voided_in: ["撤销成交转入", "In from voided trades"], voided_out: ["撤销成交转出", "Out by voided trades"],
  unlocked: ["解锁", "Unlocked"], encumbered: ["新增冻结质押", "Encumbered"], released: ["解除冻结", "Released"], trued_up: ["预分配核定", "Trued up"],
};

function word(table, name) {
  return table[name] ? say(...table[name]) : String(name).replaceAll("_", " ");
}

function at(nanos) {
  const date = local(nanos / NANOS_IN_MS);
  return `${date.toISOString().slice(0, 10)} ${clock(date, true)}`;
}

/** The statement as tables, [{name, heads, rows}]; heads may be absent. A cell is a text, a whole number or a decimal text. */
function tables(told) {
  const moved = (table, of) => Object.entries(table).filter(([name]) => Number(of[name] ?? 0) !== 0).map(([name]) => [word(table, name), of[name]]);
  const found = [
    { name: say("概要", "Summary"), rows: [
      [say("账户", "Account"), `${told.account} ${told.name}`], [say("交易日", "Trading day"), told.trading_day], [say("市场", "Market"), told.market], [say("生成时间", "Made at"), at(told.made_at_ns)],
      [say("日志序号", "Journal"), `${told.period.after_seq + 1} – ${told.period.to_seq}`],
      ...(told.previous ? [[say("上一结算单", "The one before"), `${told.previous.trading_day} ${told.previous.status}`]] : []),
      ...(told.correction ? [[say("更正", "Correction"), `${told.correction.version} · ${told.correction.basis}`]] : []),
    ] },
    { name: say("资金", "Cash"), heads: [say("项目", "Item"), say("金额(元)", "CNY")], rows: [[say("期初", "Opening"), told.cash.opening], ...moved(CASH, told.cash), [say("期末", "Closing"), told.cash.closing]] },
  ];
  found.push({
    name: say("持有", "Units"), heads: [say("品种", "Instrument"), say("项目", "Item"), say("变动", "Moved"), ...STATES.map((state) => term("unit_state", state))],
    rows: told.units.flatMap((unit) => [
      [unit.instrument, say("期初", "Opening"), "", ...STATES.map((state) => unit.opening[state] ?? 0)],
      ...moved(UNITS, unit).map(([name, tonnes]) => [unit.instrument, name, tonnes, ...STATES.map(() => "")]),
      [unit.instrument, say("期末", "Closing"), "", ...STATES.map((state) => unit.closing[state] ?? 0)],
    ]),
  });
  found.push({
    name: say("成交", "Trades"),
    heads: [say("成交编号", "Trade"), say("时间", "Time"), say("方式", "Method"), say("委托", "Order"), say("品种", "Instrument"), say("方向", "Side"), say("价格", "Price"), say("数量", "Quantity"), say("金额", "Value"), say("手续费", "Fee"), say("交收", "Settlement")],
    rows: told.trades.map((row) => [row.trade_id, at(row.at_ns), term("method", row.method), row.order_id, row.instrument, term("side", row.side), row.price, row.tonnes, row.amount, row.fee, term("settlement", row.status)]),
    note: told.trades_count > told.trades.length ? say(`仅列 ${told.trades.length} 笔,共 ${told.trades_count} 笔;合计含全部。`, `${told.trades.length} of ${told.trades_count} are listed; the sums are of all.`) : "",
  });
  if (told.unsettled.length) {
    found.push({
      name: say("未交收", "Not settled"), heads: [say("成交编号", "Trade"), say("数量", "Quantity"), say("原因", "Reason"), say("说明", "Detail")],
      rows: told.unsettled.map((row) => [row.trade_id ?? term("instruction", row.kind), row.tonnes, reasonText({ code: row.reason, name: row.reason_name }), detailText(row.detail)]),
    });
  }
  if (told.answers.length) {
    found.push({
      name: say("确认与异议", "Answers"), heads: [say("时间", "Time"), say("结算单", "Statement"), say("步骤", "Step"), say("内容", "Words")],
      rows: told.answers.map((row) => [at(row.at_ns), row.to, row.step, [row.objection_id, row.trade_id, row.words].filter(Boolean).join(" ")]),
    });
  }
  return found;
}

function shown(cell) {
  return typeof cell === "number" || /^-?\d+\.\d{2}$/.test(cell) ? grouped(cell) : (cell ?? "");
}

/** The statement to be read and printed. */
export function statementNode(told) {
  return make("article", { className: "statement" }, make("h3", {}, say(`结算单 ${told.trading_day} ${told.account} ${told.name}`, `Statement of ${told.trading_day}, ${told.account} ${told.name}`)),
    ...tables(told).map(({ name, heads, rows, note }) => make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: name }, make("table", {}, make("caption", {}, note ? `${name}: ${note}` : name),
      heads ? make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))) : null,
      make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell, place) => make(place ? "td" : "th", place ? {} : { scope: "row" }, shown(cell))))))))));
}

/** The same tables as sheets of a workbook. */
export function statementSheets(told) {
  return tables(told).map(({ name, heads, rows, note }) => ({ name, rows: [...(heads ? [heads.map((head) => ({ bold: head }))] : []), ...rows, ...(note ? [[note]] : [])] }));
}
