// Restrictions and kill switches: what is in force, imposing and lifting; and the accounts, however many there are.

import { act } from "./acting.js";
import { pagedTable } from "./paged.js";
import { $, make, moment } from "./people.js";
import { button, fill, run, tonnes } from "./parts.js";
import { term, terms } from "./terms.js";
import { say } from "./words.js";


/** What is in force. */
export async function measures(link, soon) {
  const answer = $("measures-answer");
  const [restrictions, switches, holders] = await Promise.all([link.request("ops.restrictions"), link.request("ops.kill_switches"), link.request("ops.large_holders")]);
  fill($("restrictions"), restrictions.map((row) => [
    row.restriction_id, row.account, terms("scope", row.left), { text: row.basis, className: "wrap" }, [row.operator, row.approver].filter(Boolean).join(" → "), `${row.first_day || row.imposed_on} – ${row.last_day || "…"}`,
    row.is_review_overdue ? { text: `! ${row.review_on}`, className: "late" } : row.review_on,
    button(say("解除", "Lift"), answer, () => act(link, "lift_restriction", { account: row.account, scope: row.left, restriction_id: row.restriction_id }, say(`解除 ${row.restriction_id}`, `Lifting ${row.restriction_id}`), soon),
      { ariaLabel: say(`解除 ${row.restriction_id}`, `Lift ${row.restriction_id}`) }),
  ]), say("无限制措施", "No restriction"));
  fill($("switches"), switches.map((row) => [
    row.kill_switch_id, term("target", row.kind), row.target, row.by, moment(row.since), { text: row.why, className: "wrap" },
    button(say("解除", "Release"), answer, () => act(link, "release_kill_switch", { kill_switch_id: row.kill_switch_id }, say(`解除 ${row.kill_switch_id}`, `Release of ${row.kill_switch_id}`), soon),
      { ariaLabel: say(`解除 ${row.kill_switch_id}`, `Release ${row.kill_switch_id}`) }),
  ]), say("无紧急停止", "No kill switch"));
  fill($("holders"), holders.map((row) => [
    row.product, { text: row.names.join(", "), className: "wrap" }, tonnes(row.quantity), tonnes(row.threshold), { text: row.limit === null ? "—" : `${row.is_above_limit ? "! " : ""}${tonnes(row.limit)}`, className: row.is_above_limit ? "late" : "" },
    row.reported_on || (row.report_due ? `${row.is_report_late ? "! " : ""}${row.report_due}` : "—"),
  ]), say("无大户", "No large holder"));
}

/** The forms: restrict an account, stop one, list them all. */
export function measureForms(link, soon) {
  const form = $("restrict-form");
  const answer = $("measures-answer");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run($("restrict"), answer, () => {
      const words = [...form.querySelectorAll("[name=scope]:checked")].map((box) => box.value);
      const last = form.last_day.value.trim();
      const ofCase = form.case.value.trim();
      const fields = { account: form.account.value.trim(), scope: words, basis: form.basis.value.trim(), ...(last ? { last_day: last } : {}), ...(ofCase ? { case_id: ofCase } : {}) };
      return act(link, "restrict", fields, say("限制措施", "Restriction"), soon);
    });
  });
  $("stop-account").addEventListener("click", () => run($("stop-account"), answer, () => act(link, "engage_kill_switch",
    { kind: "account", account: form.account.value.trim(), basis: form.basis.value.trim() }, say("紧急停止", "Kill switch"), soon)));
  $("accounts-show").addEventListener("click", () => run($("accounts-show"), $("accounts-answer"), async () => {
    const rows = await link.request("ops.accounts");
    const names = [say("账户", "Account"), say("名称", "Name"), say("类别", "Category"), say("限制", "Restricted"), say("不得交易因", "Why not trading"), say("可用资金(元)", "Available (CNY)"), say("冻结资金(元)", "Held (CNY)"), say("须保留(吨)", "To be kept (t)")];
    $("accounts").replaceChildren(pagedTable(say("交易账户", "Accounts"), names, rows.map((row) => [
      row.account, { text: row.name, className: "wrap" }, term("category", row.category), terms("scope", row.restriction), terms("standing", row.standing), row.available, row.held, tonnes(row.retention_floor),
    ])));
    return "";
  }));
}
