// The operators' console: the day and what stands against it, what waits for a second person, and what is not settled or not equal.

import { act } from "./acting.js";
import { alerts } from "./alerts.js";
import { Approvals } from "./approvals.js";
import { Auctions } from "./auctions_desk.js";
import { Audit } from "./audit.js";
import { bank } from "./bank.js";
import { Cases } from "./cases.js";
import { watchFactors } from "./factors.js";
import { Files } from "./files.js";
import { health } from "./health.js";
import { Link } from "./link.js";
import { measureForms, measures } from "./measures.js";
import { objections } from "./objections.js";
import { Participants } from "./participants.js";
import { $, make, moment } from "./people.js";
import { button, documentNode, fill, run, tonnes, watchSession } from "./parts.js";
import { Forms, Proposing } from "./proposing.js";
import { Publishing } from "./publishing.js";
import { learnReasons, named } from "./reasons.js";
import { remedies } from "./remedies.js";
import { whyText } from "./settlement.js";
import { showState } from "./state.js";
import { term } from "./terms.js";
import { followViews, shownView } from "./views.js";
import { say } from "./words.js";

const LOOK_MS = 2_000; // what no channel tells is asked for so often
const STATUS = {
  done: ["完成", "done", "✓"], failed: ["失败", "failed", "✗"], blocked: ["受阻", "blocked", "✗"], late: ["逾时", "late", "!"], waiting: ["等待", "waiting", "·"],
};
const MATTERS_SHOWN = 50;
let due = 0;
let me = "";
let house = []; // checks of the day table

const link = new Link("ops", showState, hear, async (welcome) => {
  me = welcome.key_id;
  forms.forget();
  const instruments = await link.request("instrument.list");
  $("halt-what").replaceChildren(make("option", { value: "" }, say("全市场", "the whole market")), ...instruments.map((row) => make("option", { value: row.instrument }, row.instrument)));
  link.follow(["phase"]);
  soon();
});
const forms = new Forms(link);
const approvals = new Approvals(link, soon, () => me, forms);
const proposing = new Proposing(forms, soon);
const propose = (act, fields) => proposing.open(act, fields);
const participants = new Participants(link, forms, propose);
const auctions = new Auctions(link, forms, propose, soon);
const publishing = new Publishing(link, soon);
const cases = new Cases(link, soon);
const desk = { link, soon, answer: $("control-answer") };
const PARTS = {
  today: [],
  propose: [() => proposing.refresh()],
  participants: [() => participants.refresh()],
  auctions: [() => auctions.refresh()],
  settlement: [unsettled, () => objections(link, soon), () => bank(link, soon)],
  files: [],
  bulletins: [() => publishing.refresh()],
  supervision: [() => measures(link, soon), () => alerts(link, soon), () => cases.refresh(), matters],
  audit: [],
  health: [() => health(link, house)],
};

function hear(event) {
  if (event.ch !== "phase" || event.kind === "reset") return;
  $("trading-day").textContent = event.data.trading_day ?? "—";
  $("phase").textContent = say(event.data.phase_zh, event.data.phase.replaceAll("_", " "));
  const halted = event.data.halted ? say("全市场", "the whole market") : event.data.halted_instruments.join(", ");
  $("halted").textContent = halted || say("无", "none");
  soon();
}

function soon() {
  clearTimeout(due);
  due = setTimeout(refresh, 120);
}

async function refresh() {
  clearTimeout(due);
  if (link.isOpen()) {
    const parts = [() => approvals.refresh(), day, ...PARTS[shownView()]];
    const told = await Promise.allSettled(parts.map((part) => part()));
    $("desk-answer").textContent = told.filter((one) => one.status === "rejected").map((one) => one.reason.message).filter(Boolean).join(" ");
  }
  due = setTimeout(refresh, LOOK_MS);
}

// ---- the day ------------------------------------------------------------------------------------------------------

async function day() {
  const told = await link.request("ops.day");
  await learnReasons(link);
  $("next-day").textContent = told.next_day || "—";
  $("blocked").hidden = !(told.blocked_by || told.override);
  const why = told.blocked_by ? `${named(told.blocked_by.name)} ${told.blocked_by.name}` : "";
  $("blocked").textContent = why ? say(`下一开市受阻:${why}`, `The next opening is blocked: ${why}`) : say(`下一开市已准许越过检查:${told.override}`, `The next day may open all the same: ${told.override}`);
  fill($("stages"), told.stages.map((row) => {
    const [zh, en, mark] = STATUS[row.status] ?? [row.status, row.status, ""];
    return [
      row.trading_day, term("stage", row.stage), row.due, { text: `${mark} ${say(zh, en)}`, className: row.status },
      row.done_at ? moment(row.done_at) : "", row.by === "exchange" ? say("本所", "exchange") : row.by, row.count ? tonnes(row.count) : "", { text: say(row.detail_zh, row.detail) || "—", className: "wrap" }, remedies(desk, row, told),
    ];
  }));
  house = told.house;
}

function control(id, name, fields, words) {
  $(id).addEventListener("click", () => run($(id), $("control-answer"), () => act(link, name, fields(), words, soon)));
}

const halted = () => ($("halt-what").value ? { instrument: $("halt-what").value } : {});
control("halt", "halt", halted, say("暂停交易", "Halt"));
control("resume", "resume", halted, say("恢复交易", "Resume"));
control("enter-phase", "change_phase", () => ({ phase: $("phase-to").value }), say("切换阶段", "Phase"));
const chosenDay = () => $("open-which").value || $("next-day").textContent;
control("fix-day", "fix_day", () => ({ trading_day: chosenDay() }), say("固定参数", "Fix the values"));
control("open-day", "open_day", () => ({ trading_day: chosenDay() }), say("开市", "Open the day"));
control("close-day", "close_day", () => ({}), say("闭市", "Close the day"));

// ---- settlement, alerts, health -------------------------------------------------------------------------------------

async function unsettled() {
  await learnReasons(link);
  const rows = await link.request("ops.unsettled", { limit: 100 });
  $("unsettled-count").textContent = String(rows.length);
  fill($("unsettled"), rows.map((row) => [
    row.trade_id, term("settlement", row.status), row.instrument, row.buyer, row.seller, tonnes(row.quantity), row.amount, { text: whyText(row) || "—", className: "wrap" },
    row.trade_id ? button(say("重试", "Retry"), $("reconcile-answer"), () => act(link, "retry_settlement", { trade_id: row.trade_id }, say(`重试 ${row.trade_id}`, `Retry of ${row.trade_id}`), soon), { ariaLabel: say(`重试 ${row.trade_id}`, `Retry ${row.trade_id}`) }) : "",
  ]), say("全部已交收", "Everything is settled"));
}

$("reconcile").addEventListener("click", () => run($("reconcile"), $("reconcile-answer"), async () => {
  const told = await link.request("ops.reconcile");
  $("reconciliation").replaceChildren(documentNode(told));
  return told.ok ? say("引擎与登记簿一致", "Engine and registry agree") : say(`有 ${told.breaks.length} 处差异`, `${told.breaks.length} differences`);
}));

async function matters() {
  const rows = await link.request("ops.matters");
  $("matters-count").textContent = String(rows.filter((row) => !row.sent_as).length);
  fill($("matters"), rows.slice(-MATTERS_SHOWN).toReversed().map((row) => [
    row.trading_day, term("matter", row.kind), { text: say(row.what_zh, row.what), className: "wrap" }, row.is_overdue ? { text: say(`! ${row.due} 已逾期`, `! ${row.due} overdue`), className: "late" } : row.due, row.sent_as || sending(row),
  ]), say("无", "None"));
}

/** Record that a matter was sent to the bureau, under which number. */
function sending(row) {
  const sentAs = make("input", { maxLength: 100, ariaLabel: say(`${row.matter} 的报送文号`, `Number under which ${row.matter} was sent`), placeholder: say("报送文号", "Document number") });
  return make("span", { className: "acts" }, sentAs, button(say("记为已报", "Record as sent"), $("matters-answer"), async () => {
    if (!sentAs.value.trim()) {
      sentAs.focus();
      return say("请写明报送文号。", "Give the number under which it was sent.");
    }
    return act(link, "record_dispatch", { kind: "matter", subject: row.matter, sent_as: sentAs.value.trim() }, say(`${row.matter} 已报`, `${row.matter} as sent`), soon);
  }, { ariaLabel: say(`记为已报 ${row.matter}`, `Record as sent ${row.matter}`) }));
}

new Files(link, soon);
new Audit(link);
measureForms(link, soon);
followViews(soon);
watchSession("ops").then(watchFactors).catch(() => location.assign("/login"));
