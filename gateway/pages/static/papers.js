// Statements: what was settled on a day, agreed with or contested.

import { $, fileOf, make, moment } from "./people.js";
import { button, fill } from "./parts.js";
import { statementNode, statementSheets } from "./statement.js";
import { say } from "./words.js";

const STATEMENT = {
  open: ["待确认", "open"], confirmed: ["已确认", "confirmed"], contested: ["有异议", "contested"], accepted: ["逾期视为认可", "accepted by silence"],
};

export class Papers {
  /** account: () => the account's code. */
  constructor(link, account) {
    this.link = link;
    this.account = account;
  }

  async statements() {
    const told = await this.link.request("statement.list", { account: this.account() });
    fill($("statements"), told.statements.map((row) => {
      const day = row.trading_day;
      const acts = make("span", { className: "acts" }, button(say("查看", "View"), $("statement-answer"), () => this.view(day), { ariaLabel: say(`查看 ${day}`, `View ${day}`) }));
      if (row.status === "open") {
        acts.append(
          button(say("确认", "Confirm"), $("statement-answer"), () => this.confirm(day), { ariaLabel: say(`确认 ${day}`, `Confirm ${day}`) }),
          button(say("提出异议", "Contest"), $("statement-answer"), () => this.contest(day), { ariaLabel: say(`对 ${day} 提出异议`, `Contest ${day}`) }),
        );
      }
      const objections = row.objections.map((found) => `${found.objection_id} ${found.words}${found.answer ? ` → ${found.answer}` : ""}`).join("; ");
      return [day, say(...(STATEMENT[row.status] ?? [row.status, row.status])), row.until ? moment(row.until) : "", { text: objections || "—", className: "wrap" }, acts];
    }), say("尚无结算单", "No statement yet"));
  }

  async view(day) {
    const told = await this.link.request("statement.get", { trading_day: day, account: this.account() });
    $("statement").replaceChildren(
      make("p", { className: "acts" },
        button(say("打印或存为 PDF", "Print, or save as PDF"), $("statement-answer"), () => print()),
        button(say("下载 Excel", "Download for Excel"), $("statement-answer"), async () => save(await fileOf("/v1/workbook", { sheets: statementSheets(told) }), `${told.account}-${day}.xlsx`))),
      statementNode(told));
    $("statement").focus();
  }

  async confirm(day) {
    await this.link.request("statement.confirm", { trading_day: day, account: this.account() });
    await this.statements();
    return say(`${day} 已确认`, `${day} is confirmed`);
  }

  async contest(day) {
    const words = $("contest-words").value.trim();
    if (!words) {
      $("contest-words").focus();
      return say("请先在下方写明异议内容。", "Say below first what is wrong.");
    }
    await this.link.request("statement.object", { trading_day: day, words, account: this.account() });
    $("contest-words").value = "";
    await this.statements();
    return say(`已对 ${day} 提出异议`, `${day} is contested`);
  }
}

/** Hand a file to the person. */
function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = make("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url));
}
