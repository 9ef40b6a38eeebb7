// Search in the audit trail (操作日志): who did what, why, under which document, and who approved.

import { pagedTable } from "./paged.js";
import { $, make, moment } from "./people.js";
import { documentNode, run } from "./parts.js";
import { say } from "./words.js";

const LINES = 100;
const EVENTS = { proposed: ["提出", "proposed"], taken: ["执行", "done"], refused: ["拒绝", "refused"], rejected: ["驳回", "rejected"] };

/** The form and its findings; "older" goes on where they end. */
export class Audit {
  constructor(link) {
    this.link = link;
    this.rows = [];
    this.form = $("audit-form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.rows = [];
      run($("audit-search"), $("audit-answer"), () => this.search());
    });
    $("audit-older").addEventListener("click", () => run($("audit-older"), $("audit-answer"), () => this.search()));
  }

  async search() {
    const asked = { limit: LINES };
    for (const name of ["account", "person", "act", "document"]) {
      const text = this.form[name].value.trim();
      if (text) asked[name] = text;
    }
    if (this.rows.length) asked.before_line = this.rows.at(-1).line;
    const found = await this.link.request("ops.audit", asked);
    this.rows = [...this.rows, ...found];
    $("audit-older").hidden = found.length < LINES;
    const names = [say("行", "Line"), say("时间", "Time"), say("事件", "Event"), say("提案", "Proposal"), say("经办", "By"), say("复核", "Approved by"), say("事项", "Act"), say("事由", "Why"), say("文号", "Document"), say("内容", "Content")];
    $("audit-found").replaceChildren(pagedTable(say("操作日志", "Audit trail"), names, this.rows.map(cells), say("没有符合的记录", "Nothing fits")));
    return say(`共 ${this.rows.length} 行,由新到旧`, `Lines found, newest first: ${this.rows.length}`);
  }
}

function cells(row) {
  const content = make("details", {}, make("summary", {}, say("显示", "Show")), documentNode(row.fields), make("p", { className: "hash" }, row.chain));
  return [
    String(row.line), moment(row.at), say(...(EVENTS[row.event] ?? [row.event, row.event])), row.proposal_id, row.operator || say("本所", "exchange"), row.approver,
    row.act.replaceAll("_", " "), { text: row.reason, className: "wrap" }, { text: row.document, className: "wrap" }, { node: content, className: "wrap" },
  ];
}
