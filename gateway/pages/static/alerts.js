// Alerts of abnormal trading with their evidence drawn: each trade at its price, as large as its quantity, and the same as a table.

import { act } from "./acting.js";
import { add } from "./chart.js";
import { pagedTable } from "./paged.js";
import { $, make, moment } from "./people.js";
import { button, documentNode, fill } from "./parts.js";
import { term } from "./terms.js";
import { grouped, say } from "./words.js";

const NEWEST_MAX = 500;
const WIDE = 640;
const HIGH = 200;
const EDGE = { left: 60, right: 20, top: 16, bottom: 26 };
const DOT = { least: 3, most: 14 };

/** The newest alerts, newest first; each can be looked into, and become a case. */
export async function alerts(link, soon) {
  const told = await link.request("ops.alerts", { limit: 100 });
  fill($("alerts"), told.alerts.toReversed().map((row) => [
    row.alert_id, row.trading_day, term("pattern", row.pattern), row.instrument || row.product, { text: row.accounts.join(", "), className: "wrap" }, String(row.trades.length),
    button(say("证据", "Evidence"), $("alerts-answer"), () => look(link, row, soon), { ariaLabel: say(`${row.alert_id} 的证据`, `Evidence of ${row.alert_id}`) }),
  ]), say("无预警", "No alert"));
}

/** The evidence of an alert that is known by its number, such as one that a case rests on. */
export async function evidence(link, alertId, soon) {
  const told = await link.request("ops.alerts", { limit: NEWEST_MAX });
  const row = told.alerts.find((alert) => alert.alert_id === alertId);
  return row ? look(link, row, soon) : say(`${alertId} 不在最近 ${NEWEST_MAX} 条预警之中。`, `${alertId} is not among the newest ${NEWEST_MAX} alerts.`);
}

async function look(link, row, soon) {
  const trades = await link.request("ops.evidence", { alert_id: row.alert_id });
  const names = [say("成交", "Trade"), say("交易日", "Day"), say("价格", "Price"), say("数量", "Quantity"), say("金额(元)", "Amount (CNY)"), say("买方", "Buyer"), say("买单", "Buy order"), say("卖方", "Seller"), say("卖单", "Sell order")];
  const about = make("select", { ariaLabel: say("立案账户", "Account of the case") }, ...row.accounts.map((code) => make("option", { value: code }, code)));
  const open = button(say("立案", "Open a case"), $("alerts-answer"), () => act(link, "open_case",
    { account: about.value, matter: `${row.alert_id} ${term("pattern", row.pattern)}`, alerts: [row.alert_id] }, say("立案", "Case"), soon));
  $("evidence").replaceChildren(
    make("h3", { tabIndex: -1, id: "evidence-shown" }, `${row.alert_id} ${term("pattern", row.pattern)} · ${row.instrument || row.product} · ${moment(row.time)}`),
    documentNode(row.figures), drawn(trades),
    pagedTable(say("所涉成交", "The trades in question"), names, trades.map((trade) => [
      trade.trade_id, trade.trading_day, trade.price, grouped(trade.quantity), grouped(trade.amount), trade.buyer, trade.buy_order, trade.seller, trade.sell_order,
    ]), say("此预警不涉及成交", "This alert names no trade")),
    row.orders.length ? make("p", {}, say("所涉委托:", "Orders: "), row.orders.join(", ")) : "",
    row.accounts.length ? make("p", { className: "acts" }, about, open) : "");
  $("evidence-shown").focus();
  return "";
}

/** Trades in their order, at their prices. The table beside it says the same in words. */
function drawn(trades) {
  if (!trades.length) return "";
  const frame = make("div", { className: "scroll" });
  const svg = add(frame, "svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "evidence", role: "img", "aria-label": say("所涉成交的价格与数量", "Prices and quantities of the trades in question") });
  const prices = trades.map((trade) => Number(trade.price));
  const lowest = Math.min(...prices);
  const highest = Math.max(...prices);
  const reach = Math.max(highest - lowest, highest * 0.01);
  const most = Math.max(...trades.map((trade) => trade.quantity));
  const bottom = HIGH - EDGE.bottom;
  const x = (place) => EDGE.left + ((WIDE - EDGE.left - EDGE.right) * (place + 0.5)) / trades.length;
  const middle = (highest + lowest) / 2; // a single price is drawn half-way up
  const y = (price) => (bottom + EDGE.top) / 2 - ((price - middle) / (reach * 1.2)) * (bottom - EDGE.top);
  for (const price of new Set([lowest, highest])) {
    add(svg, "line", { x1: EDGE.left, x2: WIDE - EDGE.right, y1: y(price), y2: y(price), class: "grid" });
    add(svg, "text", { x: EDGE.left - 6, y: y(price) + 4, class: "left" }, price.toFixed(2));
  }
  trades.forEach((trade, place) => {
    const radius = DOT.least + (DOT.most - DOT.least) * Math.sqrt(trade.quantity / most);
    const dot = add(svg, "circle", { cx: x(place), cy: y(prices[place]), r: radius.toFixed(1), class: "dot" });
    add(dot, "title", {}, `${trade.trade_id} ${trade.seller} → ${trade.buyer} ${trade.quantity} @ ${trade.price}`);
  });
  const marks = [0, trades.length - 1].filter((place, at, all) => all.indexOf(place) === at);
  for (const place of marks) add(svg, "text", { x: x(place), y: HIGH - 8, class: "time" }, trades[place].trade_id);
  return frame;
}
