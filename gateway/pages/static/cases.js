// Cases (案件) and orders to reduce (责令减持): what is open and overdue; one case with its steps, evidence and documents, and what comes next.

import { act } from "./acting.js";
import { evidence } from "./alerts.js";
import { $, make, moment } from "./people.js";
import { button, fill, run, tonnes } from "./parts.js";
import { term, terms } from "./terms.js";
import { say } from "./words.js";

const MEASURES = ["reminder", "report", "undertaking", "interview", "notice"]; // graduated, the lightest first
const STEPS_OF_PEOPLE = [...MEASURES, "answer", "note"];
const FINDINGS = ["confirmed", "settled", "unfounded"];

/** A day by which something is due; what is overdue is said in words beside its colour. */
const dueCell = (day, isOverdue) => (isOverdue ? { text: say(`! ${day} 已逾期`, `! ${day} overdue`), className: "late" } : day);

const names = (...texts) => make("thead", {}, make("tr", {}, ...texts.map((text) => make("th", { scope: "col" }, text))));

/** A table of words with its caption. */
function wordTable(label, head, body) {
  return make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: label }, make("table", {}, make("caption", {}, label), head, body));
}

/** The panel of cases. `soon` has everything looked at again. */
export class Cases {
  constructor(link, soon) {
    this.link = link;
    this.soon = soon;
    this.answer = $("cases-answer");
    this.shown = null; // the case that is looked at: {id, steps, measures, facts, said}
    $("cases-ended").addEventListener("change", soon);
    this.form("case-form", "open_case", () => say("立案", "Case"), (form) => ({ account: form.account.value.trim(), matter: form.matter.value.trim() }));
    this.form("reduction-form", "order_reduction", () => say("责令减持", "Order to reduce"), (form) => ({
      account: form.account.value.trim(), product: form.product.value.trim(), tonnes_max: Number(form.tonnes.value), due_day: form.due.value.trim(), basis: form.basis.value.trim(),
      ...(form.case.value.trim() ? { case_id: form.case.value.trim() } : {}),
    }));
  }

  form(id, name, words, fields) {
    const form = $(id);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run(form.querySelector("[type=submit]"), this.answer, () => act(this.link, name, fields(form), words(), this.soon));
    });
  }

  async refresh() {
    const ended = $("cases-ended").checked;
    const [cases, reductions] = await Promise.all([this.link.request("ops.cases", { ended }), this.link.request("ops.reductions", { ended })]);
    $("cases-count").textContent = String(cases.filter((row) => row.status === "open").length);
    fill($("cases"), cases.toReversed().map((row) => [
      row.case_id, row.account, { text: row.matter, className: "wrap" }, row.finding ? `${term("state", row.status)} · ${term("finding", row.finding)}` : term("state", row.status),
      term("step", row.last_step), dueCell(row.answer_due, row.is_overdue),
      button(say("查看", "Look"), this.answer, () => this.look(row.case_id), { ariaLabel: say(`查看 ${row.case_id}`, `Look at ${row.case_id}`) }),
    ]), say("无案件", "No case"));
    fill($("reductions"), reductions.toReversed().map((row) => [
      row.reduction_id, row.account, row.product, tonnes(row.tonnes_max), dueCell(row.due_day, row.is_overdue), row.met_on ? `✓ ${term("state", row.status)} ${row.met_on}` : term("state", row.status),
      { text: [row.basis, row.document].filter(Boolean).join(" · "), className: "wrap" }, row.case_id,
    ]), say("无减持令", "No order to reduce"));
    if (this.shown) await this.show();
  }

  /** Open one case. */
  async look(id) {
    const label = say("案件的各步骤", "Steps of the case");
    const head = names(say("时间", "Time"), say("步骤", "Step"), say("经办", "By"), say("内容", "What"), say("文号", "Document"), say("答复期限", "Answer due"));
    this.shown = {
      id, said: "", title: make("h3", { tabIndex: -1, id: "case-shown" }), facts: make("dl", { className: "document" }), steps: make("tbody"),
      measures: make("tbody"), taking: make("div"),
    };
    const measureNames = names(say("编号", "Number"), say("措施", "Measure"), say("状态", "State"), say("依据", "Basis"), say("文号", "Document"), say("至", "Until"));
    $("case").replaceChildren(this.shown.title, this.shown.facts, wordTable(label, head, this.shown.steps),
      wordTable(say("此案所采取的措施", "Measures of this case"), measureNames, this.shown.measures), this.shown.taking);
    await this.show();
    this.shown.title.focus();
    return "";
  }

  /** Put the case as it stands now into its place; what is being written stays. */
  async show() {
    const shown = this.shown;
    const kept = await this.link.request("ops.case", { case_id: shown.id });
    const asked = { account: kept.account, ended: true };
    const [restrictions, reductions] = await Promise.all([this.link.request("ops.restrictions", asked), this.link.request("ops.reductions", asked)]);
    fill(shown.steps, kept.steps.map((row) => [
      moment(row.time), term("step", row.step), [row.operator || say("本所", "exchange"), row.approver].filter(Boolean).join(" → "), { text: row.note, className: "wrap" }, { text: row.document, className: "wrap" }, row.due_day,
    ]));
    fill(shown.measures, [
      ...restrictions.filter((row) => row.case_id === shown.id).map((row) => [
        row.restriction_id, terms("scope", row.scope), term("state", row.status), { text: row.basis, className: "wrap" }, { text: row.document, className: "wrap" }, row.ended_on || row.last_day,
      ]),
      ...reductions.filter((row) => row.case_id === shown.id).map((row) => [
        row.reduction_id, say(`${row.product} 至多 ${tonnes(row.tonnes_max)}`, `at most ${tonnes(row.tonnes_max)} of ${row.product}`), term("state", row.status), { text: row.basis, className: "wrap" }, { text: row.document, className: "wrap" }, row.due_day,
      ]),
    ], say("尚无", "None yet"));
    const said = JSON.stringify(kept);
    if (said === shown.said) return;
    shown.said = said;
    shown.title.textContent = `${kept.case_id} · ${kept.account} · ${kept.matter}`;
    const documents = [...new Set(kept.steps.map((row) => row.document).filter(Boolean))];
    const facts = [
      [say("状态", "State"), kept.finding ? `${term("state", kept.status)} · ${term("finding", kept.finding)} · ${kept.closed_on}` : term("state", kept.status)],
      [say("文件", "Documents"), documents.join(say("、", ", ")) || "—"],
      [say("证据(预警)", "Evidence (alerts)"), kept.alerts.length ? make("span", { className: "acts" }, ...kept.alerts.map((alert) =>
        button(alert, this.answer, () => evidence(this.link, alert, this.soon), { ariaLabel: say(`${alert} 的证据`, `Evidence of ${alert}`) }))) : "—"],
    ];
    shown.facts.replaceChildren(...facts.flatMap(([name, told]) => [make("dt", {}, name), make("dd", {}, told)]));
    if (kept.status !== "open") shown.taking.replaceChildren();
    else if (!shown.taking.firstChild) shown.taking.replaceChildren(...this.taking(kept));
    this.mark(kept.steps.map((row) => row.step));
  }

  /** Which measures were taken, and which is the next lightest. */
  mark(taken) {
    const last = Math.max(-1, ...taken.map((step) => MEASURES.indexOf(step)));
    for (const made of this.shown.taking.querySelectorAll("[data-step]")) {
      const place = MEASURES.indexOf(made.dataset.step);
      const isTaken = taken.includes(made.dataset.step);
      made.textContent = `${isTaken && place >= 0 ? "✓ " : ""}${place === last + 1 && place >= 0 ? "▸ " : ""}${term("step", made.dataset.step)}`;
    }
  }

  /** What can be done with an open case: a step, a restriction, an order to reduce, the finding. */
  taking(kept) {
    const note = make("input", { id: "case-note", maxLength: 200 });
    const due = make("input", { id: "case-due", placeholder: "2026-11-25", pattern: "[0-9]{4}-[0-9]{2}-[0-9]{2}" });
    const finding = make("select", { id: "case-finding" }, ...FINDINGS.map((word) => make("option", { value: word }, term("finding", word))));
    const ask = async (name, fields, words) => {
      if (!note.value.trim()) {
        note.focus();
        return say("请写明内容。", "Say what it is about.");
      }
      return act(this.link, name, { case_id: kept.case_id, note: note.value.trim(), ...fields() }, `${kept.case_id} ${words}`, () => {
        note.value = "";
        due.value = "";
        this.soon();
      });
    };
    const steps = STEPS_OF_PEOPLE.map((step) => button(term("step", step), this.answer,
      () => ask("add_case_step", () => ({ step, ...(due.value.trim() ? { due_day: due.value.trim() } : {}) }), term("step", step)), { "data-step": step }));
    const forms = [["restrict-form", say("限制措施…", "Restrict …")], ["reduction-form", say("责令减持…", "Order to reduce …")]].map(([id, words]) => button(words, this.answer, () => {
      const form = $(id);
      form.closest("details")?.setAttribute("open", "");
      form.account.value = kept.account;
      form.case.value = kept.case_id;
      form.querySelector(id === "restrict-form" ? "[name=scope]" : "[name=product]").focus();
      return "";
    }));
    return [
      make("h3", {}, say("下一步", "What comes next")),
      make("div", { className: "form" }, make("label", { htmlFor: "case-note" }, say("内容(账户可见,备注除外)", "What it is about; the account sees it, but for a note")), note,
        make("label", { htmlFor: "case-due" }, say("答复期限(可空)", "Answer due by (may be empty)")), due),
      make("p", { className: "acts" }, ...steps, ...forms),
      make("p", { className: "acts" }, make("label", { htmlFor: "case-finding" }, say("认定", "Finding")), finding,
        button(say("结案", "Close the case"), this.answer, () => ask("close_case", () => ({ finding: finding.value }), say("结案", "closing")))),
    ];
  }
}
