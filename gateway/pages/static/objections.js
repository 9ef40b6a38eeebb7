// Objections to statements (结算异议): each is upheld or dismissed with an answer in writing.

import { act } from "./acting.js";
import { $, make, moment } from "./people.js";
import { button, fill } from "./parts.js";
import { say } from "./words.js";

const STATES = { open: ["待答复", "waits for an answer"], upheld: ["成立", "upheld"], dismissed: ["不成立", "dismissed"] };

/** Those that wait and those to the newest statements. */
export async function objections(link, soon) {
  const rows = await link.request("ops.objections");
  fill($("objections"), rows.map((row) => [
    row.objection_id, row.account, row.trading_day, row.trade_id, { text: row.words, className: "wrap" }, moment(row.filed_at),
    { text: `${row.status === "open" ? "! " : "✓ "}${say(...STATES[row.status])}`, className: row.status === "open" ? "late" : "" },
    row.status === "open" ? deciding(link, row, soon) : { text: row.answer, className: "wrap" },
  ]), say("无异议", "No objection"));
}

function deciding(link, row, soon) {
  const id = row.objection_id;
  const written = make("input", { maxLength: 200, ariaLabel: say(`对 ${id} 的答复`, `Answer to ${id}`), placeholder: say("书面答复", "Answer in writing") });
  const decide = (upheld, words) => button(words, $("objections-answer"), async () => {
    if (!written.value.trim()) {
      written.focus();
      return say("请写明答复。", "Write the answer.");
    }
    return act(link, "decide_statement_objection", { objection_id: id, upheld, answer: written.value.trim() }, `${id} ${words}`, soon);
  }, { ariaLabel: `${words} ${id}` });
  return make("span", { className: "acts" }, written, decide(true, say("成立", "Uphold")), decide(false, say("不成立", "Dismiss")));
}
