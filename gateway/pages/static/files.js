// Files of other systems: handed over in parts, read by the exchange whole or not at all, every wrong row said on the page.

import { grounds, noGrounds, outcome } from "./acting.js";
import { faultText } from "./faults.js";
import { pagedTable } from "./paged.js";
import { $, make } from "./people.js";
import { run } from "./parts.js";
import { say } from "./words.js";

const PART_BYTES = 9_000;
const COLUMNS = {
  allocations: "account,instrument,kind,tonnes", emissions: "account,emissions_t,reported_on", bank: "account,opening,credit,debit,closing", rulebook: "TOML",
};

/** The form that takes a file. `soon` has everything looked at again. */
export class Files {
  constructor(link, soon) {
    this.link = link;
    this.soon = soon;
    this.form = $("file-form");
    this.form.kind.addEventListener("change", () => this.choose());
    this.form.file.addEventListener("change", () => this.forget());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      run($("file-read"), $("file-answer"), () => this.read());
    });
    $("file-propose").addEventListener("click", () => run($("file-propose"), $("file-answer"), () => this.propose()));
    this.choose();
  }

  choose() {
    const kind = this.form.kind.value;
    for (const part of this.form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(kind);
    $("file-columns").textContent = COLUMNS[kind];
    this.forget();
  }

  /** What was read is not what is chosen any more. */
  forget() {
    this.sha256 = "";
    $("file-propose").hidden = true;
    $("file-report").replaceChildren();
  }

  async read() {
    this.forget();
    const [file] = this.form.file.files;
    if (!file) {
      this.form.file.focus();
      return say("请先选择文件。", "Choose a file first.");
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const parts = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
    let told;
    for (let part = 1; part <= parts; part++) {
      const content = btoa(String.fromCharCode(...bytes.subarray((part - 1) * PART_BYTES, part * PART_BYTES)));
      told = await this.link.request("ops.file_part", { kind: this.form.kind.value, part, parts, content });
    }
    return this.report(told);
  }

  report(told) {
    const faults = told.fault_count ?? 0;
    if (faults) {
      const rows = told.faults.map((fault) => [fault.line || say("全文件", "whole file"), fault.column, { text: fault.value, className: "wrap" }, { text: faultText(fault.problem), className: "wrap" }]);
      const names = [say("行", "Line"), say("列", "Column"), say("内容", "Value"), say("问题", "What is wrong")];
      $("file-report").replaceChildren(pagedTable(say("逐行报告", "Row-by-row report"), names, rows));
      return say(`有 ${faults} 处错误:整个文件未导入。`, `${faults} wrong: nothing of the file was imported.`);
    }
    this.sha256 = told.sha256;
    $("file-report").replaceChildren(make("p", { className: "hash" }, `SHA-256 ${told.sha256}`));
    $("file-propose").hidden = false;
    $("file-propose").focus();
    return say(`${told.rows} 行全部正确,尚未导入。`, `All ${told.rows} rows are right; nothing is imported yet.`);
  }

  fields() {
    const given = (name) => this.form[name].value.trim();
    const day = (name) => (given(name) ? { [name]: given(name) } : {});
    switch (this.form.kind.value) {
      case "allocations": return { year: Number(given("year")), ...day("notified_on") };
      case "emissions": return { year: Number(given("year")), ...day("notified_on") };
      case "bank": return day("trading_day");
      default: return { ...day("effective_day"), approvals: given("approvals").split(/[,,]/).map((part) => part.trim()).filter(Boolean) };
    }
  }

  async propose() {
    const asked = grounds();
    if (!asked) return noGrounds();
    const told = await this.link.request("ops.file_act", { sha256: this.sha256, fields: this.fields(), ...asked });
    this.forget();
    this.form.file.value = "";
    this.soon();
    return outcome(say("导入", "Import"), told);
  }
}
