// Acts of an operator from the page: with the reason and the document at its top, said to be done or to wait for a second person.

import { $ } from "./people.js";
import { say } from "./words.js";

/** The reason and the document at the top of the page; null where the reason is missing, which then has the focus. */
export function grounds() {
  const reason = $("why").value.trim();
  if (!reason) $("why").focus();
  return reason ? { reason, document: $("document").value.trim() } : null;
}

/** What is said where the reason is missing. */
export const noGrounds = () => say("请先在页首写明事由,它会记入日志。", "Say why at the top of the page first: it is journaled.");

/** What became of an act, in words. */
export function outcome(words, told) {
  if (told.status === "pending") return say(`${words} ${told.proposal_id} 待第二人复核`, `${words} ${told.proposal_id} waits for a second person`);
  return say(`${words}:已执行`, `${words}: done`);
}

/** Do or propose an act; the words to be shown. */
export async function act(link, name, fields, words, then) {
  const asked = grounds();
  if (!asked) return noGrounds();
  const told = await link.request("ops.act", { act: name, fields, ...asked });
  then();
  return outcome(words, told);
}
