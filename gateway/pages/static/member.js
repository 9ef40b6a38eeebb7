// The member's terminal: shows what the exchange says about one's own accounts, and sends what was looked at before.

import { Access } from "./access.js";
import { Deals } from "./deals.js";
import { figure, watchSettings } from "./device.js";
import { watchFactors } from "./factors.js";
import { listenForKeys } from "./keys.js";
import { Link } from "./link.js";
import { Obligation } from "./obligation.js";
import { $, make, moment } from "./people.js";
import { Papers } from "./papers.js";
import { button, fill, run, tonnes, watchSession } from "./parts.js";
import { learnReasons } from "./reasons.js";
import { whyText } from "./settlement.js";
import { Ticket, showBook } from "./ticket.js";
import { showState } from "./state.js";
import { term } from "./terms.js";
import { clock, grouped, local, say } from "./words.js";

const FILLS_SHOWN = 100;
const FILLS_KEPT_MAX = 1_000;
const FILLS_BACK = 400; // reports looked back for fills after a login
const TRACK_MS = 1_500; // between looks at trades that are not settled yet
const TRACKED_MAX = 12; // of them at a look
const SOON_MS = 150;
const RARE_MS = 3_000; // between looks at what changes rarely
const LOOK_MS = 5_000; // what no channel tells is looked at so often
const ENDED = new Set(["settled", "void"]);
const BOOKS_MAX = 8; // books of allowances that are followed for the cost of an obligation
const LIMITS = {
  order_value_max: ["单笔金额上限(元)", "value of an order (CNY)"], order_quantity_max: ["单笔数量上限", "quantity of an order"],
  open_value_max: ["未成交总额上限(元)", "value of all that is open (CNY)"],
};
const OWN_ACTS = { "limits.set": ["自设限额", "set limits"], "kill_switch.release": ["解除紧急停止", "let go of a stop"] };
const STEPS = ["matched", "clearing_hold", "settled"];

let account = "";
let trading = "";
let me = ""; // the key by which one is logged in
let looked = "";
let book = { bids: [], asks: [] }; // of what is looked at
let due = 0; // a look that is about to be taken
let isLooking = false;
let rareAt = -Infinity; // when what changes rarely was last looked at
const fills = new Map(); // trade id -> what the report said
const settling = new Map(); // trade id -> what settlement says
const askedAt = new Map(); // trade id -> when settlement was last asked about it
const link = new Link("trade", onState, hear, onWelcome);
const ticket = new Ticket(link, () => account, look, soon);
const papers = new Papers(link, () => account);
const deals = new Deals(link, () => account, soon);
const access = new Access(link, () => me);
const obligation = new Obligation(link, () => account, () => trading);

// ---- the connection -------------------------------------------------------------------------------------------

function onState(state) {
  showState(state);
}

async function onWelcome(welcome) {
  if (!welcome.accounts.includes(account)) account = welcome.accounts[0] ?? "";
  $("account").replaceChildren(...welcome.accounts.map((code) => make("option", { value: code }, code)));
  $("account").value = account;
  $("rights").textContent = welcome.scopes.join(" ");
  document.body.dataset.scopes = welcome.scopes.join(" ");
  $("ticket-panel").hidden = !welcome.scopes.includes("trade");
  trading = welcome.trading_day;
  me = welcome.key_id;
  await learnReasons(link);
  const instruments = await link.request("instrument.list");
  ticket.show(instruments);
  deals.show(instruments);
  obligation.show(instruments);
  look(looked || instruments[0]?.instrument || "");
  replay(welcome.last_seqs[`exec.${account}`] ?? 0);
  soon();
}

/** Follow what is looked at; a repeated call changes nothing. */
function look(instrument) {
  looked = instrument;
  const wanted = ["phase", "auctions"];
  if (account) wanted.push(`exec.${account}`);
  const books = [instrument, ...obligation.allowances().slice(0, BOOKS_MAX)];
  wanted.push(...new Set(books.filter(Boolean).map((name) => `book5.${name}`)));
  $("book-title").textContent = instrument;
  book = { asks: [], bids: [] };
  showBook(book, () => {});
  link.follow(wanted);
}

function hear(event) {
  const [kind] = event.ch.split(".");
  if (event.kind === "reset") return;
  if (kind === "phase") showPhase(event.data);
  else if (kind === "auctions") soonAll();
  else if (kind === "book5") {
    const instrument = event.ch.slice("book5.".length);
    obligation.offered(instrument, event.data.asks);
    if (instrument === looked) {
      book = event.data;
      showBook(book, (price) => ticket.begin("", price));
    }
  } else if (kind === "exec") {
    take(event.data);
    if (event.kind === "update") soonAll(); // an offer or a bid may have changed
    else soon();
  }
}

link.onPast = (event) => event.ch === `exec.${account}` && event.kind === "update" && take(event.data);

async function replay(last) {
  if (!last) return;
  const asked = { channel: `exec.${account}`, from_seq: Math.max(1, last - FILLS_BACK), limit: FILLS_BACK + 1 };
  await link.request("channel.replay", asked).catch(() => {}); // without it only new fills are shown
}

function take(report) {
  if (report.exec_type !== "trade" || !report.trade_id || fills.has(report.trade_id)) return;
  fills.set(report.trade_id, report);
  if (fills.size > FILLS_KEPT_MAX) {
    const [oldest] = fills.keys();
    for (const kept of [fills, settling, askedAt]) kept.delete(oldest);
  }
  soon();
}

// ---- what is asked again after each change ----------------------------------------------------------------------

function soon() {
  if (!due) due = setTimeout(refresh, SOON_MS);
}

/** What changes rarely may have changed too. */
function soonAll() {
  rareAt = -Infinity;
  soon();
}

setInterval(soon, LOOK_MS);
link.onControl = soonAll;

async function refresh() {
  due = 0;
  if (!link.isOpen() || !account) return;
  if (isLooking) return soon();
  isLooking = true;
  const of = { account };
  try {
    const [orders, cash, units] = await Promise.all([
      link.request("order.list", of), link.request("account.cash", of), link.request("account.allowances", of),
    ]);
    showOrders(orders.orders);
    showCash(cash);
    showUnits(units);
    await track();
    if (performance.now() - rareAt > RARE_MS) {
      rareAt = performance.now();
      await Promise.all([brakes(), papers.statements(), access.look(), deals.look(), obligation.look(orders.orders)]);
    }
  } catch (error) {
    if (error.message) $("orders-answer").textContent = error.message;
  } finally {
    isLooking = false;
  }
  return undefined;
}

function showPhase(data) {
  trading = data.trading_day ?? trading;
  $("trading-day").textContent = data.trading_day ?? "—";
  rareAt = -Infinity;
  $("phase").textContent = say(data.phase_zh, data.phase.replaceAll("_", " ")) + (data.halted ? say(" · 暂停交易", " · halted") : "");
  soon();
}

function showOrders(rows) {
  fill($("orders"), rows.map((row) => [
    row.order_id, row.instrument, { text: term("side", row.side), className: row.side === "buy" ? "up" : "down" }, row.price,
    `${tonnes(row.cum_qty)} / ${tonnes(row.order_qty)}`, row.time_in_force,
    make("span", { className: "acts" },
      button(say("撤单", "Cancel"), $("orders-answer"), async () => {
        const done = await link.request("order.cancel", { order_id: row.order_id, account });
        return say(`${done.order_id} 已撤`, `${done.order_id} is canceled`);
      }, { ariaLabel: say(`撤单 ${row.order_id}`, `Cancel ${row.order_id}`) }),
      button(say("改单", "Change"), $("orders-answer"), async () => {
        if (looked !== row.instrument) look(row.instrument);
        ticket.amend(row);
      }, { ariaLabel: say(`改单 ${row.order_id}`, `Change ${row.order_id}`) }),
      explainButton(row.order_id)),
  ]), say("没有未成交委托", "No open orders"));
}

const NAMED_BY = { O: "order_id", A: "bid_id", B: "block_id" };

/** The whole way of an order, bid or block offer, from its acceptance to title, in the exchange's words. */
function explainButton(order) {
  return button(say("经过", "History"), $("orders-answer"), async () => {
    const told = await link.request("order.explain", { [NAMED_BY[order[0]]]: order, account });
    const ahead = told.quantity_ahead === null ? null : make("p", {}, say(`同价位前面还有 ${tonnes(told.quantity_ahead)}(${told.orders_ahead} 笔)`, `${tonnes(told.quantity_ahead)} in ${told.orders_ahead} orders stand before it at its price`));
    $("explained").replaceChildren(
      make("h3", {}, say(`${order} 的经过`, `History of ${order}`)),
      make("ol", { className: "steps" }, ...told.timeline.map((row) => make("li", {}, `${moment(row.at)} · ${row.text}`))), ...[ahead].filter(Boolean));
    $("explained").focus();
  }, { ariaLabel: say(`${order} 的经过`, `History of ${order}`) });
}

function showCash(cash) {
  $("cash-available").textContent = figure(cash.available);
  $("cash-held").textContent = figure(cash.held);
  $("cash-settled").textContent = figure(cash.settled);
}

function showUnits(units) {
  fill($("units"), units.holdings.map((row) => [
    row.instrument, ...[row.available, row.held, row.locked, row.encumbered, row.preallocated + row.use_restricted, row.settled].map(figure),
  ]), say("没有持仓", "No units"));
}

// ---- settlement of each trade -----------------------------------------------------------------------------------

async function track() {
  const shown = [...fills.values()].sort((a, b) => Number(b.trade_id.slice(2)) - Number(a.trade_id.slice(2))).slice(0, FILLS_SHOWN);
  const open = shown.filter((row) => !ENDED.has(settling.get(row.trade_id)?.status));
  open.sort((one, other) => (askedAt.get(one.trade_id) ?? 0) - (askedAt.get(other.trade_id) ?? 0)); // each has its turn, also where many wait
  await Promise.all(open.slice(0, TRACKED_MAX).map(async (row) => {
    askedAt.set(row.trade_id, performance.now());
    settling.set(row.trade_id, await link.request("trade.get", { trade_id: row.trade_id }));
  }));
  fill($("fills"), shown.map((row) => [
    row.trade_id, clock(local(row.transact_time), true), row.instrument, { text: term("side", row.side), className: row.side === "buy" ? "up" : "down" },
    row.last_price, tonnes(row.last_qty), row.fee, { node: tracker(settling.get(row.trade_id)), className: "wrap" }, explainButton(row.order_id),
  ]), say("尚无成交", "No fills yet"));
  const isWaiting = shown.some((row) => !ENDED.has(settling.get(row.trade_id)?.status));
  clearTimeout(track.timer);
  if (isWaiting) track.timer = setTimeout(() => track().catch(() => {}), TRACK_MS);
}

/** How far a trade has come on its way to title; where it waits or ended otherwise, why. */
function tracker(found) {
  const status = found?.status ?? "matched";
  const place = STEPS.indexOf(status);
  const steps = place < 0 ? [STEPS[0], status] : STEPS;
  const reached = place < 0 ? 1 : place;
  const told = found ? whyText(found) : "";
  const why = told ? make("span", { className: "why" }, told) : null;
  return make("span", {}, make("span", { className: "tracker" }, ...steps.map((step, at) =>
    make("span", { className: at <= reached ? "reached" : "" }, `${at <= reached ? "●" : "○"} ${term("settlement", step)}`))), why);
}

// ---- one's own brakes ---------------------------------------------------------------------------------------------

async function brakes() {
  const of = { account };
  const [switches, limits, waiting] = await Promise.all([
    link.request("kill_switch.list", of), link.request("limits.get", of), link.request("own.list", of),
  ]);
  $("kill-state").textContent = switches.length ? say("已停止", "Stopped") : say("未停止", "Not stopped");
  $("kill-state").className = switches.length ? "stopped" : "";
  fill($("switches"), switches.map((row) => [
    row.kill_switch_id, term("target", row.kind), row.target, row.by === "exchange" ? say("本所", "exchange") : row.by, moment(row.since),
    row.by === "exchange" ? "—" : button(say("申请解除", "Ask to let go"), $("brakes-answer"), async () => {
      const told = await link.request("kill_switch.release", { kill_switch_id: row.kill_switch_id });
      await brakes();
      return say(`${told.proposal_id} 待第二人复核`, `${told.proposal_id} waits for a second user`);
    }),
  ]), say("没有生效中的停止", "None in force"));
  for (const name of ["order_value_max", "order_quantity_max", "open_value_max"]) $(`now-${name}`).textContent = limits[name] === null ? say("无", "none") : grouped(limits[name]);
  $("now-open_value").textContent = grouped(limits.open_value ?? "0");
  fill($("own"), waiting.map((row) => [
    row.proposal_id, say(...(OWN_ACTS[row.act] ?? [row.act, row.act])), { text: ownWords(row, limits), className: "wrap" }, row.user,
    make("span", { className: "acts" },
      button(say("同意", "Approve"), $("brakes-answer"), async () => {
        await link.request("own.approve", { proposal_id: row.proposal_id, sha256: row.sha256 });
        await brakes();
        return say(`${row.proposal_id} 已生效`, `${row.proposal_id} took effect`);
      }),
      button(say("驳回", "Reject"), $("brakes-answer"), async () => {
        await link.request("own.reject", { proposal_id: row.proposal_id });
        await brakes();
      })),
  ]), say("没有待复核", "Nothing waits"));
}

/** What a second user would agree to: each limit that would change, as it is now and as it would be; or what is let go. */
function ownWords(row, limits) {
  if (row.act !== "limits.set") return Object.values(row.fields).join(" ");
  const figureOf = (value) => (value === null || value === undefined ? say("无", "none") : grouped(value));
  return Object.entries(LIMITS).filter(([name]) => (row.fields[name] ?? null) !== limits[name])
    .map(([name, words]) => `${say(...words)} ${figureOf(limits[name])} → ${figureOf(row.fields[name])}`).join(say(";", "; "));
}

$("account").addEventListener("change", () => {
  account = $("account").value;
  fills.clear();
  settling.clear();
  askedAt.clear();
  rareAt = -Infinity;
  look(looked);
  link.request("session.status").then((told) => replay(told.last_seqs?.[`exec.${account}`] ?? 0)).catch(() => {});
  soon();
});
$("cancel-all").addEventListener("click", () => run($("cancel-all"), $("orders-answer"), async () => {
  const told = await link.request("order.cancel_all", { account });
  return say(`已撤 ${told.canceled} 笔`, `${told.canceled} canceled`);
}));
$("kill-sure").addEventListener("change", () => {
  $("kill").disabled = !$("kill-sure").checked;
});
$("kill").addEventListener("click", async () => {
  await run($("kill"), $("kill-answer"), async () => {
    const told = await link.request("kill_switch.engage", { account, note: "terminal" });
    return say(`已停止 ${told.kill_switch_id ?? ""},已撤 ${told.orders ?? 0} 笔`, `Stopped ${told.kill_switch_id ?? ""}, ${told.orders ?? 0} orders ended`);
  });
  $("kill-sure").checked = false;
  $("kill").disabled = true;
  soonAll();
});
$("limits").addEventListener("submit", (event) => {
  event.preventDefault();
  run($("limits-send"), $("brakes-answer"), async () => {
    const params = { account };
    const form = $("limits");
    for (const name of ["order_value_max", "open_value_max"]) if (form[name].value.trim()) params[name] = form[name].value.trim();
    if (form.order_quantity_max.value) params.order_quantity_max = Number(form.order_quantity_max.value);
    const told = await link.request("limits.set", params);
    form.reset();
    await brakes();
    return told.status === "done" ? say("已生效", "In force") : say(`${told.proposal_id} 待第二人复核`, `${told.proposal_id} waits for a second user`);
  });
});

// ---- keys and settings of this device ---------------------------------------------------------------------------------

const levels = (side) => Object.fromEntries([1, 2, 3, 4, 5].map((level) => [`${side === "asks" ? "Shift+" : ""}${level}`, () => book[side][level - 1] && ticket.begin("", book[side][level - 1][0])]));
listenForKeys({
  B: () => ticket.begin("buy"), S: () => ticket.begin("sell"), ...levels("bids"), ...levels("asks"),
  BracketLeft: () => ticket.turn(-1), BracketRight: () => ticket.turn(1),
  O: () => ($("orders").querySelector("button") ?? $("cancel-all")).focus(), "Shift+C": () => $("cancel-all").click(),
  D: () => $("block").instrument.focus(), K: () => $("kill-sure").focus(),
  "?": () => {
    $("keys").open = !$("keys").open;
    $("keys").querySelector("summary").focus();
  },
}, "#book, #orders", () => (ticket.amended ? ticket.hold("") : ticket.forget()));
watchSettings($("device"), soon);

watchSession("trade").then(watchFactors).catch(() => location.assign("/login"));
