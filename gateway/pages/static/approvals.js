// What waits for a second person: each proposal with what it would change, and with the hashes of exactly what is on the screen.

import { pagedTable } from "./paged.js";
import { $, make } from "./people.js";
import { button, documentNode } from "./parts.js";
import { say } from "./words.js";

const ROWS_INLINE = 20; // a list with more rows is shown page by page

/** The inbox. `soon` has everything looked at again; `self()` is who looks; `forms` has the acts' names. */
export class Approvals {
  constructor(link, soon, self, forms) {
    this.link = link;
    this.forms = forms;
    this.soon = soon;
    this.self = self;
    this.cards = new Map(); // by proposal; what is being read stays as it is
  }

  async refresh() {
    const rows = await this.link.request("ops.list");
    $("inbox-count").textContent = String(rows.length);
    const waiting = new Set(rows.map((row) => row.proposal_id));
    for (const [id, card] of this.cards) {
      if (waiting.has(id)) continue;
      card.remove();
      this.cards.delete(id);
    }
    $("inbox-empty").textContent = rows.length ? "" : say("没有待复核事项", "Nothing waits");
    for (const row of rows) {
      if (this.cards.has(row.proposal_id)) continue;
      const card = make("article", { className: "proposal", ariaLabel: row.proposal_id });
      this.cards.set(row.proposal_id, card);
      $("inbox").append(card);
      try {
        await this.show(card, row);
      } catch (error) { // such as a connection that was lost: the next look tries again
        card.remove();
        this.cards.delete(row.proposal_id);
        throw error;
      }
    }
  }

  /** Put the proposal into its card as it stands now. */
  async show(card, row) {
    const answer = $("inbox-answer");
    const effect = await this.link.request("ops.effect", { proposal_id: row.proposal_id });
    const { choices } = await this.forms.all();
    const form = await this.forms.of(row.act);
    const isOwn = row.operator === this.self();
    const approve = button(say("复核通过", "Approve"), answer, async () => {
      // The hashes are of what is on the screen: other content, or another effect of it by now, is refused by the exchange.
      try {
        const told = await this.link.request("ops.approve", { proposal_id: row.proposal_id, sha256: row.sha256, effect_sha256: effect.sha256 });
        this.soon();
        return `${told.proposal_id}: ${say("已执行", "done")}`;
      } catch (error) {
        if (error.name !== "CONTENT_CHANGED") throw error;
        await this.show(card, row);
        card.querySelector("h3").focus();
        return say(`${row.proposal_id} 在显示之后发生变化,未执行;请重新核对。(${error.code})`, `${row.proposal_id} has changed since it was shown and was not done; look at it again. (${error.code})`);
      }
    });
    approve.disabled = isOwn;
    const words = make("input", { maxLength: 200, ariaLabel: say(`驳回 ${row.proposal_id} 的理由`, `Why ${row.proposal_id} is rejected`), placeholder: say("驳回理由", "Why it is rejected") });
    card.replaceChildren(
      make("h3", { tabIndex: -1 }, `${row.proposal_id} ${say(form.zh, form.en)}`),
      make("p", {}, say(`${row.operator} 提出:${row.reason}`, `Proposed by ${row.operator}: ${row.reason}`), row.document ? ` (${row.document})` : ""),
      effect.rows.length ? changes(effect.rows) : "",
      content(row.fields, effect.rows.length > 0, form, choices),
      make("p", { className: "hash" }, `SHA-256 ${row.sha256}`),
      isOwn ? make("p", {}, say("须由另一名操作员复核。", "Another operator has to approve it.")) : "",
      make("p", { className: "acts" }, approve, words, button(isOwn ? say("撤回", "Withdraw") : say("驳回", "Reject"), answer, async () => {
        if (!words.value.trim()) {
          words.focus();
          return say("请写明理由。", "Say why.");
        }
        await this.link.request("ops.reject", { proposal_id: row.proposal_id, reason: words.value.trim() });
        this.soon();
        return `${row.proposal_id}: ${say("已驳回", "rejected")}`;
      })));
  }
}

/** What would change: how it is, and how it would be. */
export function changes(rows) {
  const cells = rows.map((row) => [
    row.subject, { text: say(row.label_zh, row.label_en), className: "text wrap" }, { node: side("del", row.before), className: "wrap" }, { node: side("ins", row.after), className: "wrap" },
  ]);
  const names = [say("对象", "Of"), say("事项", "What"), say("现在", "Now"), say("通过后", "Afterwards")];
  return pagedTable(say("将要改变的内容", "What will change"), names, cells);
}

/** One side of a change; marks say which, not colour alone. */
function side(name, text) {
  return text ? make(name, {}, text) : document.createTextNode("—");
}

/** The fields of the act; where the changes say it in words, they are folded away. */
function content(fields, isTold, form, choices) {
  if (!Object.keys(fields).length) return isTold ? "" : make("p", {}, say("对象:全市场", "For the whole market"));
  const shown = make("dl", { className: "document" }, ...form.fields.filter((field) => fields[field.name] !== undefined).flatMap((field) => {
    const name = say(field.zh, field.en);
    return [make("dt", {}, name), make("dd", {}, valueNode(name, inWords(field, fields[field.name], choices)))];
  }));
  return isTold ? make("details", {}, make("summary", {}, say("全部内容", "Its whole content")), shown) : shown;
}

/** Words for what was chosen; rows that travel without names get their columns' names. */
function inWords(field, value, choices) {
  if (typeof value === "boolean") return value ? say("是", "yes") : say("否", "no");
  const rows = choices[field.choices];
  const word = (held) => rows?.find((row) => row.value === held) ?? { zh: held, en: held };
  if (rows) return Array.isArray(value) ? value.map((held) => say(word(held).zh, word(held).en)) : say(word(value).zh, word(value).en);
  if (field.control === "rows" && value.length <= ROWS_INLINE) {
    const at = (row, column, place) => inWords(column, (field.is_positional ? row[place] : row[column.name]) ?? "", choices);
    return value.map((row) => Object.fromEntries(field.columns.map((column, place) => [say(column.zh, column.en), at(row, column, place)])));
  }
  return value;
}

function valueNode(name, value) {
  if (!Array.isArray(value) || value.length <= ROWS_INLINE) return typeof value === "string" && value.includes("\n") ? make("pre", { tabIndex: 0 }, value) : documentNode(value);
  const rows = value.map((row) => (Array.isArray(row) ? row.map(String) : [typeof row === "object" ? JSON.stringify(row) : String(row)]));
  return pagedTable(name, rows[0].map((_, place) => String(place + 1)), rows);
}
