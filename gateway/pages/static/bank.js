// The bank's file against the ledger: each difference, and what is done about it.

import { act } from "./acting.js";
import { $, make } from "./people.js";
import { button, fill } from "./parts.js";
import { term } from "./terms.js";
import { grouped, say } from "./words.js";

const REMEDIES = { explained: ["解释", "explained"], corrected: ["更正账面", "correct the ledger"], carried: ["结转", "carry over"] };
const OWN = { total: ["专户合计", "the whole special account"], fees: ["本所手续费", "the exchange's fees"], reserve: ["风险准备金", "the risk reserve"] };

/** Show the newest file and its differences. */
export async function bank(link, soon) {
  const told = await link.request("ops.bank");
  $("bank-file").textContent = !told.trading_day ? say("尚未收到银行文件", "No file of the bank has come yet")
    : `${told.trading_day} · ${told.is_compared ? say("已与账面核对", "compared with the ledger") : say("核对中", "being compared")} · ${say(`${told.breaks.length} 处差异`, `${told.breaks.length} differences`)}`;
  fill($("bank-breaks"), told.breaks.map((row) => [
    row.break_id, say(...(OWN[row.account] ?? [row.account, row.account])), grouped(row.ledger), grouped(row.bank), { text: `${row.state === "open" ? "! " : "✓ "}${term("break_state", row.state)}`, className: row.state === "open" ? "late" : "" }, row.since,
    row.state === "open" ? remedies(link, row, soon) : "",
  ]), told.is_compared ? say("银行与账面一致", "Bank and ledger agree") : "—");
}

function remedies(link, row, soon) {
  const choice = make("select", { ariaLabel: say(`${row.break_id} 的处理方式`, `What is done about ${row.break_id}`) },
    ...Object.entries(REMEDIES).map(([name, words]) => make("option", { value: name }, say(...words))));
  const basis = make("input", { maxLength: 200, ariaLabel: say(`${row.break_id} 的依据`, `What it rests on, ${row.break_id}`), placeholder: say("依据", "Basis") });
  return make("span", { className: "acts" }, choice, basis, button(say("提出处理", "Propose"), $("bank-answer"), async () => {
    if (!basis.value.trim()) {
      basis.focus();
      return say("请写明依据。", "Say what it rests on.");
    }
    const fields = { break_id: row.break_id, remedy: choice.value, basis: basis.value.trim() };
    return act(link, "resolve_bank_break", fields, say(`差异 ${row.break_id}`, `Difference ${row.break_id}`), soon);
  }));
}
