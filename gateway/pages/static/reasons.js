// The catalogue of reasons, asked for once: a number and a name become a sentence.

import { say } from "./words.js";

const rows = new Map(); // number -> the catalogue's row

/** Ask for the catalogue where it is not known yet. */
export async function learnReasons(link) {
  if (rows.size) return;
  const told = await link.request("reference.get");
  for (const row of told.errors) rows.set(row.code, row);
}

/** The sentence of a reason that is known by its name alone. */
export function named(name) {
  const found = [...rows.values()].find((row) => row.name === name);
  return found ? `${say(found.zh, found.en)} (${found.code})` : name;
}

/** A reason as a person reads it: the sentence, its number and name, and the article that it rests on. */
export function reasonText(reason) {
  const found = rows.get(reason.code);
  const named = `${reason.code} ${reason.name}`;
  if (!found) return named;
  return `${say(found.zh, found.en)} (${found.rule ? `${named} · ${found.rule}` : named})`;
}
