// Why something is not settled, in the page's language: the reason of the catalogue, and the figures that settlement wrote beside it.

import { SCOPE_BITS, SETTLEMENT, TERMS } from "./dictionary.js"; // made by the exchange from gateway/protocol/settlement_words.py
import { reasonText } from "./reasons.js";
import { term, terms } from "./terms.js";
import { grouped, say } from "./words.js";

const PLACE = /\{(\w+)\}/;
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

const FORMS = SETTLEMENT.map(([form, zh, en]) => {
  const parts = form.split(PLACE); // texts and, between them, names
  const whole = parts.map((part, at) => (at % 2 ? "(\\S+)" : escaped(part))).join("");
  return { matches: new RegExp(`^${whole}$`), names: parts.filter((_, at) => at % 2), said: say(zh, en) };
});

/** A figure of the registry as people read it. */
function figure(name, value) {
  if (name === "scope") return terms("scope", Object.keys(SCOPE_BITS).filter((word) => value & SCOPE_BITS[word]));
  if (name === "state") return term("unit_state", value);
  if (name.endsWith("_fen")) return grouped(value.padStart(3, "0").replace(/(\d\d)$/, ".$1"));
  return name === "objection" ? value : grouped(value);
}

function sentence(detail) {
  for (const { matches, names, said } of FORMS) {
    const found = matches.exec(detail);
    if (found) return names.reduce((text, name, at) => text.replace(`{${name}}`, () => figure(name, found[at + 1])), said);
  }
  return detail;
}

/** What settlement wrote, part by part; what a person wrote stays in the language it was written in. */
export function detailText(detail) {
  const [, disputed, rest] = /^(disputed by \S+)(?:; (.+))?$/.exec(detail) ?? [null, "", detail];
  const [, kind, told] = /^([a-z_]+): (.+)$/.exec(rest ?? "") ?? [null, "", rest];
  const isOf = Object.hasOwn(TERMS.instruction, kind);
  return [disputed && sentence(disputed), isOf && term("instruction", kind), sentence((isOf ? told : rest) ?? "")].filter(Boolean).join(" · ");
}

/** Reason and figures of one row of the wire, "" where nothing stands against it. */
export function whyText(row) {
  return [row.reason && reasonText(row.reason), row.detail && detailText(row.detail)].filter(Boolean).join(" · ");
}
