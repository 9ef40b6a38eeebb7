// Words of the wire as people read them: states, steps, patterns, kinds. A word that is not known is shown as it stands.

import { TERMS } from "./dictionary.js"; // made by the exchange from gateway/protocol/terms.py
import { say } from "./words.js";

/** One word of `kind` in the page's language. */
export function term(kind, word) {
  return word ? say(...(TERMS[kind][word] ?? [word, word.replaceAll("_", " ")])) : "";
}

/** Several words of `kind`, "—" for none. */
export function terms(kind, words) {
  return words.map((word) => term(kind, word)).join(say("、", ", ")) || "—";
}
