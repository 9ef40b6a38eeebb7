// What the pages behind a login share: elements made of texts, figures and times, and asking the exchange over HTTP.

import { clock, local, say } from "./words.js";

export const $ = (id) => document.getElementById(id);

/** An element with properties and children; a child is a node or a text, never HTML. */
export function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A moment of the wire on the exchange's clock: "2026-11-20 10:00:00". */
export function moment(time) {
  if (!time) return "—";
  const date = local(time);
  return `${date.toISOString().slice(0, 10)} ${clock(date, true)}`;
}

/** What the exchange refused, in its own words. */
export class Refused extends Error {
  constructor(error) {
    super(error.message);
    this.code = error.code;
    this.name = error.name;
    this.data = error.data ?? {};
  }
}

/** What did not come about on this side; its text is for the person. */
export class Unshown extends Error {}

/** Ask over HTTP; throws Refused with the exchange's own words, TypeError where there is no answer. */
export async function ask(path, body) {
  return (await answerOf(path, body)).json();
}

/** Ask over HTTP for a file; throws as `ask` does. */
export async function fileOf(path, body) {
  return (await answerOf(path, body)).blob();
}

async function answerOf(path, body) {
  const headers = { "accept-language": say("zh", "en"), accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const asked = { headers, credentials: "same-origin", cache: "no-store" };
  const answer = await fetch(path, body === undefined ? asked : { ...asked, method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Refused((await answer.json()).error);
  return answer;
}

/** A refusal as a person reads it: the sentence, its number, and what it is about. */
export function refusalText(error) {
  if (error instanceof Unshown) return error.message;
  if (!(error instanceof Refused)) return say("无法连接交易所,请重试。", "The exchange cannot be reached, try again.");
  const { field, limit, actual, detail } = error.data;
  const more = [field, limit !== undefined && say(`限值 ${limit}`, `limit ${limit}`), actual ?? detail];
  const told = more.filter((part) => part !== undefined && part !== false && part !== "").join(" · ");
  return `${error.message} (${error.code}${told ? ` · ${told}` : ""})`;
}
