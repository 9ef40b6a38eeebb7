// The operators' console: the day and what stands against it, what waits for a second person, and what is not settled or not equal.

import { Link } from "./link.js";
import { $, make, moment } from "./people.js";
import { button, documentNode, fill, run, tonnes, watchSession } from "./parts.js";
import { showState } from "./state.js";
import { say } from "./words.js";

const LOOK_MS = 5_000; // what no channel tells is asked for so often
const STATUS = {
  done: ["完成", "done", "✓"], failed: ["失败", "failed", "✗"], blocked: ["受阻", "blocked", "✗"], late: ["逾时", "late", "!"], waiting: ["等待", "waiting", "·"],
};
const MATTERS_SHOWN = 50;
let due = 0;
let shownProposals = "";
let me = "";

const link = new Link("ops", showState, hear, async (welcome) => {
  me = welcome.key_id;
  const instruments = await link.request("instrument.list");
  $("halt-what").replaceChildren(make("option", { value: "" }, say("全市场", "the whole market")), ...instruments.map((row) => make("option", { value: row.instrument }, row.instrument)));
  link.follow(["phase"]);
  soon();
});

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
    const parts = [proposals, day, unsettled, matters, health];
    const told = await Promise.allSettled(parts.map((part) => part()));
    $("desk-answer").textContent = told.filter((one) => one.status === "rejected").map((one) => one.reason.message).filter(Boolean).join(" ");
  }
  due = setTimeout(refresh, LOOK_MS);
}

// ---- what waits for a second person -----------------------------------------------------------------------------

async function proposals() {
  const rows = await link.request("ops.list");
  $("inbox-count").textContent = String(rows.length);
  const now = JSON.stringify(rows);
  if (now === shownProposals) return; // what is being read stays where it is
  shownProposals = now;
  $("inbox").replaceChildren(...(rows.length ? rows.map(card) : [make("p", {}, say("没有待复核事项", "Nothing waits"))]));
}

function card(row) {
  const answer = $("inbox-answer");
  const isOwn = row.operator === me;
  const approve = button(say("复核通过", "Approve"), answer, async () => {
    // The hash is that of the content on the screen: another content is refused by the exchange.
    const told = await link.request("ops.approve", { proposal_id: row.proposal_id, sha256: row.sha256 });
    soon();
    return `${told.proposal_id}: ${say("已执行", "done")}`;
  });
  approve.disabled = isOwn;
  const words = make("input", { maxLength: 200, ariaLabel: say(`驳回 ${row.proposal_id} 的理由`, `Why ${row.proposal_id} is rejected`), placeholder: say("驳回理由", "Why it is rejected") });
  return make("article", { className: "proposal", ariaLabel: row.proposal_id },
    make("h3", {}, `${row.proposal_id} ${row.act.replaceAll("_", " ")}`),
    make("p", {}, say(`${row.operator} 提出:${row.reason}`, `Proposed by ${row.operator}: ${row.reason}`), row.document ? ` (${row.document})` : ""),
    Object.keys(row.fields).length ? documentNode(row.fields) : make("p", {}, say("对象:全市场", "For the whole market")),
    make("p", { className: "hash" }, `SHA-256 ${row.sha256}`),
    isOwn ? make("p", {}, say("须由另一名操作员复核。", "Another operator has to approve it.")) : null,
    make("p", { className: "acts" }, approve, words, button(isOwn ? say("撤回", "Withdraw") : say("驳回", "Reject"), answer, async () => {
      if (!words.value.trim()) {
        words.focus();
        return say("请写明理由。", "Say why.");
      }
      await link.request("ops.reject", { proposal_id: row.proposal_id, reason: words.value.trim() });
      soon();
      return `${row.proposal_id}: ${say("已驳回", "rejected")}`;
    })));
}

// ---- the day ------------------------------------------------------------------------------------------------------

async function day() {
  const told = await link.request("ops.day");
  $("next-day").textContent = told.next_day || "—";
  $("blocked").hidden = !told.blocked_by;
  if (told.blocked_by) {
    $("blocked").textContent = say(`下一开市受阻:${told.blocked_by.name} (${told.blocked_by.code})`, `The next opening is blocked: ${told.blocked_by.name} (${told.blocked_by.code})`) + (told.override ? ` · ${told.override}` : "");
  }
  fill($("stages"), told.stages.map((row) => {
    const [zh, en, mark] = STATUS[row.status] ?? [row.status, row.status, ""];
    return [
      row.trading_day, say(row.name_zh, row.stage.replaceAll("_", " ")), row.due, { text: `${mark} ${say(zh, en)}`, className: row.status },
      row.done_at ? moment(row.done_at) : "", row.by, row.count ? tonnes(row.count) : "", { text: [row.detail, row.remedy].filter(Boolean).join(" → ") || "—", className: "wrap" },
    ];
  }));
  fill($("house"), told.house.map((row) => [row.check, row.is_ok ? `✓ ${say("正常", "well")}` : `✗ ${say("异常", "not well")}`, { text: row.detail, className: "wrap" }]));
}

function act(name, fields, words) {
  return async () => {
    const reason = $("why").value.trim();
    if (!reason) {
      $("why").focus();
      return say("请写明事由,它会记入日志。", "Say why: it is journaled.");
    }
    const told = await link.request("ops.act", { act: name, fields: fields(), reason, document: $("document").value.trim() });
    soon();
    return told.status === "pending" ? say(`${words} ${told.proposal_id} 待第二人复核`, `${words} ${told.proposal_id} waits for a second person`) : say(`${words}:已执行`, `${words}: done`);
  };
}

function control(id, name, fields, words) {
  $(id).addEventListener("click", () => run($(id), $("control-answer"), act(name, fields, words)));
}

const halted = () => ($("halt-what").value ? { instrument: $("halt-what").value } : {});
control("halt", "halt", halted, say("暂停交易", "Halt"));
control("resume", "resume", halted, say("恢复交易", "Resume"));
control("enter-phase", "change_phase", () => ({ phase: $("phase-to").value }), say("切换阶段", "Phase"));
control("open-day", "open_day", () => ({ trading_day: $("open-which").value || $("next-day").textContent }), say("开市", "Open the day"));
control("close-day", "close_day", () => ({}), say("闭市", "Close the day"));

// ---- settlement, alerts, health -------------------------------------------------------------------------------------

async function unsettled() {
  const rows = await link.request("ops.unsettled", { limit: 100 });
  $("unsettled-count").textContent = String(rows.length);
  fill($("unsettled"), rows.map((row) => [
    row.trade_id, row.status, row.instrument, row.buyer, row.seller, tonnes(row.quantity), row.amount, { text: row.reason ? `${row.reason.name} ${row.detail ?? ""}` : "—", className: "wrap" },
  ]), say("全部已交收", "Everything is settled"));
}

$("reconcile").addEventListener("click", () => run($("reconcile"), $("reconcile-answer"), async () => {
  const told = await link.request("ops.reconcile");
  $("reconciliation").replaceChildren(documentNode(told));
  return told.ok ? say("引擎与登记簿一致", "Engine and registry agree") : say(`有 ${told.breaks.length} 处差异`, `${told.breaks.length} differences`);
}));

async function matters() {
  const [rows, cases, holders] = await Promise.all([link.request("ops.matters"), link.request("ops.cases"), link.request("ops.reductions")]);
  $("matters-count").textContent = String(rows.filter((row) => !row.sent_as).length);
  fill($("matters"), rows.slice(0, MATTERS_SHOWN).map((row) => [
    row.trading_day, row.kind.replaceAll("_", " "), { text: row.what, className: "wrap" }, row.is_overdue ? `! ${row.due}` : row.due, row.sent_as,
  ]), say("无", "None"));
  $("cases").replaceChildren(documentNode([...cases, ...holders].slice(0, MATTERS_SHOWN)));
}

async function health() {
  const told = await link.request("ops.status");
  $("seq").textContent = String(told.seq);
  $("health").replaceChildren(documentNode(told.counters));
}

watchSession("ops").catch(() => location.assign("/login"));
