// What both desks are made of: tables, buttons that ask, documents as they are, one's own sessions, and the state of the link.

import { Unknown } from "./link.js";
import { $, ask, make, moment, refusalText } from "./people.js";
import { grouped, say } from "./words.js";

const SEEN_MS = 60_000;

/** What went wrong, in words; an answer that did not come is said to be unknown. */
export function wrong(error) {
  if (error instanceof Unknown) return say("未收到回复,结果未知;连接恢复后以列表为准。", "No answer came; whether it was done shows in the lists once connected.");
  return refusalText(error);
}

/** A button that asks something once at a time and says in `answer` what became of it. */
export function button(text, answer, work, properties = {}) {
  const made = make("button", { type: "button", ...properties }, text);
  made.addEventListener("click", () => run(made, answer, work));
  return made;
}

/** Do it with the button off, and show what came of it. */
export async function run(pressed, answer, work) {
  pressed.disabled = true;
  answer.textContent = "";
  try {
    answer.textContent = (await work()) ?? "";
  } catch (error) {
    answer.textContent = wrong(error);
    if (!(error instanceof Error) || !error.message) console.error(error);
  } finally {
    pressed.disabled = false;
  }
}

function textOf(cell) {
  return cell instanceof Node ? cell.textContent : cell && typeof cell === "object" ? `${cell.node?.textContent ?? cell.text} ${cell.className}` : cell;
}

const EMPTY = new Set(["", "—", null, undefined]);
const FIGURE = /^[!+-]? ?[0-9][0-9,]*(\.[0-9]+)?%?$/;

/** What a cell shows as text, without its class. */
function shownText(cell) {
  return cell instanceof Node ? cell.textContent : cell && typeof cell === "object" ? cell.node?.textContent ?? cell.text : cell;
}

/** Columns of figures stand to the right, all others to the left, heads as their columns. */
function align(body, rows) {
  const heads = body.closest("table").querySelectorAll("thead th");
  return [...heads].map((head, place) => {
    const texts = rows.map((cells) => shownText(cells[place])).filter((text) => !EMPTY.has(text));
    const isWords = !texts.length || !texts.every((text) => FIGURE.test(text));
    head.classList.toggle("text", isWords);
    return isWords;
  });
}

/**
 * Put rows of cells into a table's body; a cell is a text, a node, or {text, className}. Rows that say the same as before stay
 * as they are, so that the keyboard's focus stays on the button where it is.
 */
export function fill(body, rows, empty) {
  const said = JSON.stringify(rows.map((cells) => cells.map(textOf)));
  if (body.said === said) return;
  body.said = said;
  const areWords = align(body, rows);
  if (!rows.length) {
    const width = body.closest("table").querySelectorAll("thead th").length;
    body.replaceChildren(make("tr", {}, make("td", { colSpan: width, className: "text" }, empty ?? say("无", "None"))));
    return;
  }
  body.replaceChildren(...rows.map((cells) => make("tr", {}, ...cells.map((cell, place) => {
    const td = make(place ? "td" : "th", place ? {} : { scope: "row" });
    if (cell instanceof Node) td.append(cell);
    else if (cell && typeof cell === "object") {
      td.append(cell.node ?? ((cell.text ?? "") === "" ? "—" : String(cell.text)));
      td.className = cell.className ?? "";
    } else td.textContent = cell === null || cell === undefined || cell === "" ? "—" : String(cell);
    if (areWords[place]) td.classList.add("text");
    return td;
  }))));
}

/** A document of the exchange as it stands: fields as a list, rows as tables. Texts only. */
export function documentNode(value) {
  if (Array.isArray(value)) {
    if (value.length && value.every((row) => row && typeof row === "object" && !Array.isArray(row))) return rowsNode(value);
    return document.createTextNode(value.map((part) => (typeof part === "object" ? JSON.stringify(part) : part)).join(", ") || "—");
  }
  if (value && typeof value === "object") {
    return make("dl", { className: "document" }, ...Object.entries(value).flatMap(([name, held]) => [
      make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, documentNode(held)),
    ]));
  }
  return document.createTextNode(value === null || value === "" ? "—" : String(value));
}

function rowsNode(rows) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const head = make("tr", {}, ...names.map((name) => make("th", { scope: "col", className: "text" }, name.replaceAll("_", " "))));
  const body = rows.map((row) => make("tr", {}, ...names.map((name) => make("td", { className: "text" }, documentNode(row[name] ?? "")))));
  return make("div", { className: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

export function tonnes(value) {
  return value === null || value === undefined ? "—" : grouped(value);
}

// ---- who is here ----------------------------------------------------------------------------------------------

/** Keeps the session's time while the person does something, and shows and ends sessions. */
export async function watchSession(door) {
  let seen = 0;
  const note = () => {
    if (Date.now() - seen < SEEN_MS) return;
    seen = Date.now();
    ask("/v1/session", {}).then(showSelf).catch(() => {});
  };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, note, { passive: true });
  $("logout").addEventListener("click", async () => {
    await ask("/v1/logout", {});
    location.assign("/login");
  });
  $("others").addEventListener("click", () => run($("others"), $("sessions-answer"), async () => {
    const { ended } = await ask("/v1/sessions/end", { session_id: "others" });
    await showSessions();
    return say(`已结束 ${ended} 个`, `${ended} ended`);
  }));
  const self = await ask("/v1/session");
  if (self.door !== door) location.assign("/login");
  showSelf(self);
  await showSessions();
}

function showSelf(self) {
  $("self").textContent = self.name;
  $("ends").textContent = moment(self.ends_at);
}

async function showSessions() {
  const { sessions } = await ask("/v1/sessions");
  fill($("sessions"), sessions.map((row) => [
    row.session_id,
    moment(row.began_at),
    moment(row.seen_at),
    row.address,
    { text: row.agent, className: "wrap" },
    row.is_this ? say("本会话", "this one") : button(say("结束", "End"), $("sessions-answer"), async () => {
      await ask("/v1/sessions/end", { session_id: row.session_id });
      await showSessions();
    }),
  ]));
}
