// In which language a page speaks, and how it writes figures: the same for every script.

const english = document.documentElement.lang === "en";
const OFFSET_MS = Number(document.body.dataset.utcOffsetMinutes) * 60_000;

/** The text in the page's language. */
export function say(zh, en) {
  return english ? en : zh;
}

/** "1234567.80" -> "1,234,567.80"; digits of a decimal string are never touched. */
export function grouped(value) {
  const [whole, fraction] = String(value).split(".");
  const marked = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? marked : `${marked}.${fraction}`;
}

/** A large figure as it is read: 万 and 亿, or thousands with commas. Numbers may come as decimal texts. */
export function large(value) {
  const number = Number(value);
  if (english) {
    if (number >= 1e9) return `${(number / 1e9).toFixed(2)} bn`;
    if (number >= 1e6) return `${(number / 1e6).toFixed(2)} m`;
  } else {
    if (number >= 1e8) return `${(number / 1e8).toFixed(2)}亿`;
    if (number >= 1e4) return `${(number / 1e4).toFixed(2)}万`;
  }
  return grouped(value);
}

/** A moment as a Date to be read with getUTC… or toISOString: the exchange's clock, wherever the reader is. */
export function local(time) {
  return new Date((typeof time === "number" ? time : Date.parse(time)) + OFFSET_MS);
}

/** "HH:MM", or "HH:MM:SS", of a Date that `local` made. */
export function clock(date, seconds = false) {
  return date.toISOString().slice(11, seconds ? 19 : 16);
}
