// How the exchange itself does: how far each follower is behind, what waits, the disk, and the clock against this machine's.

import { $, make } from "./people.js";
import { documentNode, fill } from "./parts.js";
import { grouped, say } from "./words.js";

const CLOCK_MS_MAX = 2_000; // a clock that is further off than this is said to be wrong: this machine's or the exchange's
const HOUSE = { calendar: ["日历", "Calendar"], operators: ["操作员", "Operators"], disk: ["磁盘", "Disk"] };
const FOLLOWERS = { settlement: ["交收", "Settlement"], tape: ["行情存档", "Tape"], watch: ["监测", "Watch"] };

/** Show the checks; `house` are those of the day table. */
export async function health(link, house) {
  const asked = Date.now();
  const time = await link.request("time.get");
  const answered = Date.now();
  const [status, reply] = await Promise.all([link.request("ops.status"), fetch("/health", { cache: "no-store", headers: { accept: "application/json" } })]);
  const told = await reply.json();
  const off = Math.round(Date.parse(time.server_time) - (asked + answered) / 2);
  const waiting = status.counters.reports_unstored;
  const rows = house.map((row) => [say(...(HOUSE[row.check] ?? [row.check, row.check])), row.is_ok, say(row.detail_zh, row.detail)]);
  rows.push([say("时钟", "Clock"), Math.abs(off) <= CLOCK_MS_MAX, say(`与本机相差 ${off} 毫秒,往返 ${answered - asked} 毫秒`, `${off} ms from this machine's, ${answered - asked} ms there and back`)]);
  for (const [name, lag] of Object.entries(told.lags)) {
    rows.push([say(...(FOLLOWERS[name] ?? [name, name])), told.status === "ok", say(`落后 ${grouped(lag)} 条日志`, `${grouped(lag)} entries behind`)]);
  }
  rows.push([say("待存回报", "Reports to be stored"), waiting < 100_000, grouped(waiting)]);
  fill($("house"), rows.map(([check, isWell, detail]) => [check, isWell ? `✓ ${say("正常", "well")}` : { text: `✗ ${say("异常", "not well")}`, className: "failed" }, { text: detail, className: "wrap" }]));
  $("seq").textContent = grouped(status.seq);
  const counters = JSON.stringify(status.counters);
  if ($("counters").said !== counters) $("counters").replaceChildren(make("div", {}, documentNode(status.counters)));
  $("counters").said = counters;
}
