// What a field may name, offered while one types: accounts, instruments, participants and whatever else the exchange knows.

import { make } from "./people.js";
import { say } from "./words.js";

const SHOWN_MAX = 50; // of what matches; who types on finds the others
const LISTS = { // by what is named: how it is asked for, and what of a row is the name and its words
  account: ["ops.accounts", undefined, (row) => [row.account, row.name]],
  instrument: ["instrument.list", undefined, (row) => [row.instrument, say(row.name_zh, row.name_en)]],
  participant: ["ops.participants", undefined, (row) => [String(row.participant), row.name]],
  user: ["ops.participants", undefined, (row) => row.users.map((user) => [user.user, `${user.name} · ${row.name}`])],
  key: ["ops.keys", undefined, (row) => [row.key_id, (row.accounts ?? []).join(", ")]],
  association: ["ops.associations", undefined, (row) => [String(row.association), `${row.controller} → ${row.controlled}`]],
  auction: ["auction.list", undefined, (row) => [row.auction, `${row.instrument} ${row.trading_day} ${row.status}`]],
  case: ["ops.cases", undefined, (row) => [row.case_id, `${row.account} ${row.matter}`]],
  restriction: ["ops.restrictions", undefined, (row) => [row.restriction_id, `${row.account} ${row.basis}`]],
  kill_switch: ["ops.kill_switches", undefined, (row) => [row.kill_switch_id, `${row.target} ${row.why}`]],
  encumbrance: ["ops.encumbrances", undefined, (row) => [row.encumbrance_id, `${row.account} ${row.instrument} ${row.tonnes}`]],
  filing: ["ops.filings", undefined, (row) => [row.filing_id, `${row.account} ${row.year}`]],
  bank_break: ["ops.bank", undefined, (row) => [row.break_id, `${row.account} ${row.ledger} / ${row.bank}`]],
};

/** Names that can be chosen. One list of suggestions serves whichever field is typed into. */
export class Offers {
  constructor(link) {
    this.link = link;
    this.known = new Map(); // what is named -> [[name, words]]
    this.list = make("datalist", { id: "offers" });
    document.body.append(this.list);
  }

  /** Ask for everything that these fields can name, anew, since it changes. */
  async load(kinds) {
    await Promise.all([...kinds].map(async (kind) => {
      const [method, params, pair] = LISTS[kind];
      const told = await this.link.request(method, params);
      const rows = Array.isArray(told) ? told : told.auctions ?? told.breaks ?? told.filings ?? told.keys;
      const pairs = rows.flatMap((row) => {
        const found = pair(row);
        return Array.isArray(found[0]) || !found.length ? found : [found];
      });
      this.known.set(kind, pairs);
    }));
  }

  /** Have a field offer what matches what stands in it, and say beside it what its name stands for. */
  serve(input, kind, words) {
    input.setAttribute("list", "offers");
    input.autocomplete = "off";
    const show = () => {
      const typed = input.value.trim().toLowerCase();
      const all = this.known.get(kind) ?? [];
      const found = all.filter(([name, said]) => name.toLowerCase().includes(typed) || said.toLowerCase().includes(typed));
      this.list.replaceChildren(...found.slice(0, SHOWN_MAX).map(([name, said]) => make("option", { value: name }, said)));
      words.textContent = all.find(([name]) => name === input.value.trim())?.[1] ?? "";
    };
    input.addEventListener("focus", show);
    input.addEventListener("input", show);
    return show;
  }
}
