// The market page: puts what the public channels say into the page. It computes nothing that the exchange has not said,
// and shows at all times whether what it shows is live.

import { draw } from "./chart.js";
import { Follower } from "./follow.js";
import { showState } from "./state.js";
import { term } from "./terms.js";
import { clock, large, local, say } from "./words.js";

const $ = (id) => document.getElementById(id);
const PHASES = JSON.parse($("main").querySelector(".clock").dataset.phases);
const TRADES_SHOWN = 60;
const CHART_MS = 250; // a chart of minutes is drawn whole, so not with every trade
const WAYS = ["up", "down", "flat"];
const NUMERALS = "一二三四五六七八九十";

const tickers = new Map();
let selected = "";
let bars = [];
let phase = null;
let depth = { bids: [], asks: [] };
let dirtyChart = true;
let drawnAt = -CHART_MS;

// ---- words and figures ----------------------------------------------------------------------------------------

function direction(change) {
  const value = Number(change ?? 0);
  return value > 0 ? "up" : value < 0 ? "down" : "flat";
}

function signed(text, unit = "") {
  if (text === null || text === undefined) return "—";
  const mark = { up: "▲ +", down: "▼ ", flat: "" }[direction(text)];
  return `${mark}${text}${unit}`;
}

function put(cell, text, way) {
  if (!cell) return;
  if (cell.textContent !== text) cell.textContent = text;
  for (const name of WAYS) cell.classList.toggle(name, name === way); // what stays as it is costs no new style
}

function against(price, previous) {
  return price === null || previous === null ? "flat" : direction(Number(price) - Number(previous));
}

// ---- the day --------------------------------------------------------------------------------------------------

function phaseName(name, zh = PHASES[name]) {
  return say(zh ?? name, name.replaceAll("_", " "));
}

function showPhase(data) {
  phase = data;
  $("trading-day").textContent = data.trading_day ?? "—";
  $("phase").dataset.phase = data.phase;
  $("phase").textContent = phaseName(data.phase, data.phase_zh);
  const halted = data.halted ? ["全市场", "the whole market"] : data.halted_instruments.length
    ? [data.halted_instruments.join("、"), data.halted_instruments.join(", ")] : null;
  $("halt").hidden = halted === null;
  if (halted) $("halt").textContent = say(`暂停交易:${halted[0]}`, `Trading is halted: ${halted[1]}`);
  tick();
}

function tick() {
  const now = local(Date.now());
  $("now").textContent = clock(now, true);
  if (!phase || !phase.next) {
    $("next").textContent = "—";
    return;
  }
  const left = Math.round((Date.parse(phase.next.at) - Date.now()) / 1000);
  const at = clock(local(phase.next.at), true).replace(/:00$/, "");
  const wait = left > 0 ? ` · ${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}` : "";
  $("next").textContent = `${phaseName(phase.next.phase)} ${at}${wait}`;
}

// ---- figures of the instruments ---------------------------------------------------------------------------------

function showTicker(code, data) {
  tickers.set(code, data);
  const row = $("list").querySelector(`tr[data-code="${CSS.escape(code)}"]`);
  if (row) {
    const way = direction(data.change);
    const cell = (name) => row.querySelector(`[data-figure="${name}"]`);
    put(cell("last"), data.last ?? "—", way);
    put(cell("change"), signed(data.change), way);
    put(cell("change_pct"), signed(data.change_pct, "%"), way);
    put(cell("prev_close"), data.prev_close ?? "—");
    put(cell("high"), data.high ?? "—", against(data.high, data.prev_close));
    put(cell("low"), data.low ?? "—", against(data.low, data.prev_close));
    put(cell("volume"), large(data.volume));
    put(cell("turnover"), large(data.turnover));
    put(cell("limits"), data.limit_up ? `${data.limit_up} / ${data.limit_down}` : "—");
    row.classList.toggle("halted", data.halted);
  }
  if (code === selected) showDay(data);
}

function showDay(data) {
  const way = direction(data.change);
  put($("big-last"), data.last ?? data.prev_close ?? "—", way);
  put($("big-change"), data.change === null ? "" : `${signed(data.change)}  ${signed(data.change_pct, "%")}`, way);
  document.title = `${data.last ?? "—"} ${data.change_pct === null ? "" : signed(data.change_pct, "%")} ${selected} · ${say("渝碳", "Yutan")}`;
  for (const cell of $("day").querySelectorAll("[data-figure]")) {
    const name = cell.dataset.figure;
    const value = data[name];
    const isPrice = ["open", "high", "low", "vwap", "close"].includes(name);
    const shown = value === null || value === undefined ? "—" : ["volume", "turnover"].includes(name) ? large(value) : String(value);
    put(cell, shown, isPrice ? against(value, data.prev_close) : name === "limit_up" ? "up" : name === "limit_down" ? "down" : "");
    const whole = String(value ?? "");
    if (cell.title !== whole) cell.title = whole;
  }
  dirtyChart = true;
}

// ---- depth ------------------------------------------------------------------------------------------------------

// What a quantity would cost or bring at the levels that are shown, each tonne at its level's price; fees are not in it.
function showCost() {
  const quantity = Math.floor(Number($("cost-quantity").value));
  const side = (levels, zh, en) => {
    let left = quantity;
    let fen = 0;
    let last = "";
    for (const [price, open] of levels) {
      if (left <= 0) break;
      const taken = Math.min(left, open);
      fen += Math.round(Number(price) * 100) * taken;
      left -= taken;
      last = price;
    }
    const filled = quantity - left;
    if (!filled) return say(`${zh}:无报价`, `${en}: no quotes`);
    const whole = left ? say(`(盘口仅 ${filled.toLocaleString("en")})`, ` (${filled.toLocaleString("en")} shown)`) : "";
    const amount = large((fen / 100).toFixed(2));
    const average = (fen / filled / 100).toFixed(4);
    return say(`${zh} ${amount} 元,均价 ${average},至 ${last}${whole}`, `${en} ${amount} CNY, average ${average}, to ${last}${whole}`);
  };
  $("cost-said").textContent = quantity >= 1 ? [side(depth.asks, "买入", "Buying"), side(depth.bids, "卖出", "Selling")].join(say(";", "; ")) : "";
}

function showBook(data) {
  depth = data;
  showCost();
  const count = Number($("asks").dataset.levels);
  const previous = tickers.get(selected)?.prev_close ?? null;
  const most = Math.max(1, ...data.bids.map((level) => level[1]), ...data.asks.map((level) => level[1]));
  const rows = (levels, side) => Array.from({ length: count }, (_, place) => {
    const level = levels[place];
    const row = document.createElement("tr");
    const head = Object.assign(document.createElement("th"), { scope: "row" });
    head.textContent = term("level", side) + say(NUMERALS[place] ?? place + 1, ` ${place + 1}`);
    const price = Object.assign(document.createElement("td"), { textContent: level ? level[0] : "—" });
    if (level) price.className = against(level[0], previous);
    const quantity = document.createElement("td");
    quantity.className = `quantity ${side}`;
    quantity.append(Object.assign(document.createElement("span"), { textContent: level ? level[1].toLocaleString("en") : "—" }));
    const bar = document.createElement("i");
    bar.style.width = level ? `${Math.max(2, (level[1] / most) * 100).toFixed(1)}%` : "0";
    quantity.append(bar);
    row.append(head, price, quantity);
    return row;
  });
  $("asks").replaceChildren(...rows(data.asks, "ask").reverse());
  $("bids").replaceChildren(...rows(data.bids, "bid"));
  const auction = data.auction;
  $("auction").hidden = !auction;
  if (!auction) return;
  const left = term("side", auction.imbalance_side);
  const zh = auction.price === null ? "集合竞价中,尚无可成交价" :
    `集合竞价参考价 ${auction.price},可成交 ${auction.quantity.toLocaleString("en")}` +
    (left ? `,未匹配${left}量 ${auction.imbalance.toLocaleString("en")}` : "");
  const en = auction.price === null ? "Call auction: nothing crosses yet" :
    `Call auction: indicative price ${auction.price}, ${auction.quantity.toLocaleString("en")} would trade${left ? `; ${auction.imbalance.toLocaleString("en")} to ${left.toLowerCase()} are left` : ""}`;
  $("auction").textContent = say(zh, en);
}

// ---- trades and bars --------------------------------------------------------------------------------------------

function tradeRow(trade) {
  const row = document.createElement("tr");
  const way = { buy: "up", sell: "down" }[trade.taker_side] ?? "flat";
  const cells = [clock(local(trade.time), true), trade.price, trade.quantity.toLocaleString("en")].map((text) =>
    Object.assign(document.createElement("td"), { textContent: text }));
  cells[1].className = against(trade.price, tickers.get(selected)?.prev_close ?? null);
  const side = document.createElement("td");
  side.className = way;
  side.textContent = term("side", trade.taker_side);
  row.append(...cells, side);
  row.title = trade.trade_id;
  return row;
}

function showTrades(data, isWhole) {
  const newest = data.trades.slice(-TRADES_SHOWN).reverse().map(tradeRow);
  const body = $("trades");
  if (isWhole) body.replaceChildren(...newest);
  else body.prepend(...newest);
  while (body.children.length > TRADES_SHOWN) body.lastChild.remove();
}

function showBars(data, isWhole) {
  if (isWhole) bars = [];
  for (const bar of data.bars) {
    const at = bars.findIndex((known) => known.start === bar.start);
    if (at >= 0) bars[at] = bar;
    else bars.push(bar);
  }
  dirtyChart = true;
}

function paint(now) {
  if (dirtyChart && selected && now - drawnAt >= CHART_MS) {
    dirtyChart = false;
    drawnAt = now;
    const previous = tickers.get(selected)?.prev_close ?? null;
    draw($("chart"), bars, previous === null ? null : Number(previous), (date) => clock(local(date.getTime())), say("今日尚无成交", "No trades today yet"));
    if ($("bars").closest("details").open) showTable();
  }
  requestAnimationFrame(paint);
}

function showTable() {
  $("bars").replaceChildren(...bars.toReversed().map((bar) => {
    const row = document.createElement("tr");
    const texts = [clock(local(bar.start)), bar.open, bar.high, bar.low, bar.close, bar.volume.toLocaleString("en")];
    row.append(...texts.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    return row;
  }));
}

// ---- following --------------------------------------------------------------------------------------------------

function hear(event) {
  const [kind, code] = event.ch.split(/\.(.*)/s);
  const isWhole = event.kind === "snapshot";
  if (event.kind === "reset") return; // the snapshot that follows says everything
  if (kind === "phase") showPhase(event.data);
  else if (kind === "ticker") showTicker(code, event.data);
  else if (kind === "book5" && code === selected) showBook(event.data);
  else if (kind === "trades" && code === selected) showTrades(event.data, isWhole);
  else if (kind === "kline" && code === `${selected}.1m`) showBars(event.data, isWhole);
}

function select(code) {
  if (!code || code === selected) return;
  selected = code;
  bars = [];
  history.replaceState(null, "", `#${code}`);
  for (const button of document.querySelectorAll(".pick")) {
    const isPicked = button.dataset.code === code;
    button.setAttribute("aria-pressed", String(isPicked));
    button.closest("tr").classList.toggle("picked", isPicked);
    if (isPicked) $("chart-name").textContent = button.querySelector("small").textContent;
  }
  $("chart-code").textContent = code;
  $("history").href = `/history/${encodeURIComponent(code)}`;
  $("trades").replaceChildren();
  showBook({ bids: [], asks: [], auction: null });
  if (tickers.has(code)) showDay(tickers.get(code));
  dirtyChart = true;
  followSelected();
}

function followSelected() {
  const detail = selected ? [`book5.${selected}`, `trades.${selected}`, `kline.${selected}.1m`] : [];
  follower.follow(["phase", ...codes.map((code) => `ticker.${code}`), ...detail]);
}

const buttons = [...document.querySelectorAll(".pick")];
const codes = buttons.map((button) => button.dataset.code);
const follower = new Follower(document.body.dataset.marketUrl, showState, hear);
const asked = decodeURIComponent(location.hash.slice(1));
if (codes.length) select(codes.includes(asked) ? asked : codes[0]);
else followSelected();

for (const button of buttons) button.addEventListener("click", () => select(button.dataset.code));
$("list").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = buttons.indexOf(document.activeElement);
  if (!step || at < 0) return;
  event.preventDefault();
  const next = buttons[(at + step + buttons.length) % buttons.length];
  next.focus();
  select(next.dataset.code);
});
$("cost-quantity").addEventListener("input", showCost);
$("cost").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => {
  const code = decodeURIComponent(location.hash.slice(1));
  if (codes.includes(code)) select(code);
});
$("bars").closest("details").addEventListener("toggle", showTable);
new ResizeObserver(() => (dirtyChart = true)).observe($("chart"));
setInterval(tick, 500);
tick();
paint(performance.now());
