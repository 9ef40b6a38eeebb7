// Daily candles (日 K 线) of the table below: body from first to last trade, wick from low to high, volume underneath.

import { add } from "./chart.js";

const EDGE = { left: 54, right: 12, top: 10, bottom: 20 };
const VOLUME_SHARE = 0.22;
const GAP = 14;
const WIDE_MAX = 14;
const LINES = 5;

/** The table's rows, oldest first: [{day, open, high, low, last, volume}]. */
function read(table) {
  return [...table.tBodies[0].rows].reverse().flatMap((row) => {
    const cells = [...row.cells];
    if (cells.length < 6) return []; // the row that says that there is nothing
    const [open, high, low, last, volume] = cells.slice(1, 6).map((cell) => Number(cell.dataset.value));
    return [{ day: cells[0].textContent, open, high, low, last, volume }];
  });
}

function draw(svg, days) {
  svg.replaceChildren();
  const width = svg.clientWidth || 640;
  const height = svg.clientHeight || 330;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  if (!days.length) {
    add(svg, "text", { x: width / 2, y: height / 2, class: "empty" }, svg.dataset.empty);
    return;
  }
  const bottom = height - EDGE.bottom;
  const split = EDGE.top + (bottom - EDGE.top) * (1 - VOLUME_SHARE);
  const highest = Math.max(...days.map((day) => day.high));
  const lowest = Math.min(...days.map((day) => day.low));
  const reach = Math.max(highest - lowest, highest * 0.01);
  const most = Math.max(...days.map((day) => day.volume));
  const step = (width - EDGE.left - EDGE.right) / days.length;
  const wide = Math.max(1, Math.min(WIDE_MAX, step * 0.7));
  const x = (place) => EDGE.left + step * (place + 0.5);
  const y = (price) => EDGE.top + ((lowest + reach - price) / reach) * (split - EDGE.top - GAP);

  for (let line = 0; line < LINES; line++) {
    const price = lowest + (reach * line) / (LINES - 1);
    const at = Math.round(y(price)) + 0.5;
    add(svg, "line", { x1: EDGE.left, x2: width - EDGE.right, y1: at, y2: at, class: "grid" });
    add(svg, "text", { x: EDGE.left - 6, y: at + 4, class: "left" }, price.toFixed(2));
  }
  const marks = Math.max(1, Math.min(days.length, Math.floor(width / 130)));
  for (let mark = 0; mark < marks; mark++) {
    const place = Math.floor(((mark + 0.5) * days.length) / marks);
    add(svg, "text", { x: x(place), y: height - 5, class: "time" }, days[place].day);
  }
  days.forEach((day, place) => {
    const way = day.last > day.open ? "up" : day.last < day.open ? "down" : "flat";
    const at = x(place);
    const top = y(Math.max(day.open, day.last));
    const tall = Math.max(1, y(Math.min(day.open, day.last)) - top);
    add(svg, "line", { x1: at, x2: at, y1: y(day.high), y2: y(day.low), class: `wick ${way}` });
    // A rising body is hollow, so that colour is not the only sign.
    add(svg, "rect", { x: at - wide / 2, y: top, width: wide, height: tall, class: `body ${way}` });
    const bar = Math.max(1, (day.volume / most) * (bottom - split));
    add(svg, "rect", { x: at - wide / 2, y: bottom - bar, width: wide, height: bar, class: `volume ${way}` });
  });
}

const svg = document.getElementById("candles");
const days = read(document.getElementById("days"));
new ResizeObserver(() => draw(svg, days)).observe(svg);
draw(svg, days);
