// The minute chart (分时图): closing price of each minute around the previous close, the day's average, and volume below.

const NS = "http://www.w3.org/2000/svg";
const EDGE = { left: 54, right: 54, top: 10, bottom: 20 };
const VOLUME_SHARE = 0.22;
const SPAN_MS_MIN = 10 * 60_000;
const GAP = 20; // between price and volume

/** A new element of the drawing. */
export function add(parent, name, attributes, text) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

/** Draw bars [{start, close, volume, …}] into the svg. previous: yesterday's close or null. clock: Date -> "HH:MM".
 * empty: what to say without bars. */
export function draw(svg, bars, previous, clock, empty) {
  svg.replaceChildren();
  const width = svg.clientWidth || 640;
  const height = svg.clientHeight || 300;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const bottom = height - EDGE.bottom;
  const split = EDGE.top + (bottom - EDGE.top) * (1 - VOLUME_SHARE);
  if (!bars.length) {
    add(svg, "text", { x: width / 2, y: height / 2, class: "empty" }, empty);
    return;
  }
  const points = bars.map((bar) => ({
    at: Date.parse(bar.start), price: Number(bar.close), high: Number(bar.high), low: Number(bar.low),
    open: Number(bar.open), volume: bar.volume, turnover: Number(bar.turnover),
  }));
  const base = previous ?? points[0].open;
  const reach = Math.max(...points.map((p) => Math.max(Math.abs(p.high - base), Math.abs(p.low - base))), base * 0.004) * 1.08;
  const begin = points[0].at;
  const span = Math.max(points.at(-1).at - begin, SPAN_MS_MIN);
  const room = width - EDGE.left - EDGE.right;
  const wide = Math.max(1, Math.min(9, (60_000 / span) * room * 0.7)); // of a volume bar
  const x = (at) => EDGE.left + wide + ((at - begin) / span) * (room - 2 * wide);
  const y = (price) => EDGE.top + ((base + reach - price) / (2 * reach)) * (split - EDGE.top - GAP);

  for (const step of [-1, -0.5, 0, 0.5, 1]) {
    const price = base + reach * step;
    const direction = step > 0 ? "up" : step < 0 ? "down" : "flat";
    const line = Math.round(y(price)) + 0.5;
    add(svg, "line", { x1: EDGE.left, x2: width - EDGE.right, y1: line, y2: line, class: step ? "grid" : "base" });
    add(svg, "text", { x: EDGE.left - 6, y: line + 4, class: `left ${direction}` }, price.toFixed(2));
    const percent = `${step > 0 ? "+" : ""}${((reach * step * 100) / base).toFixed(2)}%`;
    add(svg, "text", { x: width - EDGE.right + 6, y: line + 4, class: `right ${direction}` }, percent);
  }
  const marks = Math.max(2, Math.min(6, Math.floor(width / 120)));
  for (let mark = 0; mark <= marks; mark++) {
    const at = begin + (span * mark) / marks;
    add(svg, "line", { x1: x(at), x2: x(at), y1: EDGE.top, y2: bottom, class: "grid" });
    add(svg, "text", { x: x(at), y: height - 5, class: "time" }, clock(new Date(at)));
  }

  const most = Math.max(...points.map((p) => p.volume));
  let before = base;
  for (const p of points) {
    const tall = Math.max(1, (p.volume / most) * (bottom - split));
    const direction = p.price > before ? "up" : p.price < before ? "down" : "flat";
    add(svg, "rect", { x: x(p.at) - wide / 2, y: bottom - tall, width: wide, height: tall, class: `volume ${direction}` });
    before = p.price;
  }
  add(svg, "text", { x: EDGE.left - 6, y: split + 9, class: "left flat" }, most.toLocaleString("en"));

  let turnover = 0;
  let volume = 0;
  const average = points.map((p) => {
    turnover += p.turnover;
    volume += p.volume;
    return `${x(p.at).toFixed(1)},${y(turnover / volume).toFixed(1)}`;
  });
  const line = points.map((p) => `${x(p.at).toFixed(1)},${y(p.price).toFixed(1)}`);
  const floor = split - GAP;
  add(svg, "polygon", {
    points: `${x(points[0].at)},${floor} ${line.join(" ")} ${x(points.at(-1).at)},${floor}`, class: "area",
  });
  add(svg, "polyline", { points: average.join(" "), class: "average" });
  add(svg, "polyline", { points: line.join(" "), class: "price" });
  const last = points.at(-1);
  add(svg, "circle", { cx: x(last.at), cy: y(last.price), r: 3.5, class: "last" });
}
