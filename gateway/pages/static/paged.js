// A long table, a page at a time: ten thousand rows are no more work for the browser than a hundred.

import { make } from "./people.js";
import { fill } from "./parts.js";
import { grouped, say } from "./words.js";

const ROWS = 100;

/** A table over all of `rows` (each an array of cells as `fill` takes them) with a search in its texts. label: its caption. */
export function pagedTable(label, columns, rows, empty) {
  let first = 0;
  let found = rows;
  const body = make("tbody");
  const where = make("span", { role: "status" });
  const table = make("table", {},
    make("caption", {}, label), make("thead", {}, make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)))), body);
  const show = () => {
    fill(body, found.slice(first, first + ROWS), empty);
    const last = Math.min(first + ROWS, found.length);
    where.textContent = found.length ? say(`第 ${first + 1}–${last} 行,共 ${grouped(found.length)} 行`, `Rows ${first + 1}–${last} of ${grouped(found.length)}`) : "";
    before.disabled = first === 0;
    after.disabled = last >= found.length;
  };
  const turn = (by) => () => {
    first = Math.max(0, Math.min(first + by, found.length - 1));
    show();
  };
  const before = make("button", { type: "button" }, say("上一页", "Previous"));
  const after = make("button", { type: "button" }, say("下一页", "Next"));
  before.addEventListener("click", turn(-ROWS));
  after.addEventListener("click", turn(ROWS));
  const search = make("input", { type: "search", ariaLabel: say(`在“${label}”中查找`, `Find in "${label}"`), placeholder: say("查找", "Find") });
  const text = (cell) => String(cell?.textContent ?? cell?.text ?? cell ?? "").toLowerCase();
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    found = wanted ? rows.filter((cells) => cells.some((cell) => text(cell).includes(wanted))) : rows;
    first = 0;
    show();
  });
  show();
  const turning = rows.length > ROWS ? make("p", { className: "acts" }, search, before, after, where) : null;
  return make("div", {}, turning, make("div", { className: "scroll tall", tabIndex: 0, role: "region", ariaLabel: label }, table));
}
