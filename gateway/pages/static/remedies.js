// What helps where the day is late or blocked, as something to press: it does it, or leads to where it is done.

import { act } from "./acting.js";
import { $, make } from "./people.js";
import { button, run } from "./parts.js";
import { say } from "./words.js";

const link = (text, view, before) => {
  const made = make("a", { href: `#${view}` }, text);
  if (before) made.addEventListener("click", before);
  return made;
};

function bankFile(day) {
  return link(say("导入银行文件", "Import the bank's file"), "files", () => {
    $("file-kind").value = "bank";
    $("file-kind").dispatchEvent(new Event("change"));
    $("file-day").value = day;
  });
}

function reconcile(answer) {
  return button(say("立即对账", "Reconcile now"), answer, () => {
    location.hash = "#settlement";
    $("reconcile").focus();
    $("reconcile").click();
    return "";
  });
}

/** Let the day open although a check stands against it: by the document at the top of the page, and two persons. */
function override(desk, day) {
  return button(say("越过检查开市(两人)…", "Open all the same (two persons) …"), desk.answer, () => {
    const basis = $("document").value.trim();
    if (!basis) {
      $("document").focus();
      return say("请在页首填写准许越过检查的文号。", "Give the number of the document that allows it at the top of the page.");
    }
    return act(desk.link, "override_opening", { trading_day: day, basis }, say(`越过 ${day} 的开市检查`, `Override of the opening of ${day}`), desk.soon);
  });
}

const doing = (desk, name, fields, words) => button(words, desk.answer, () => act(desk.link, name, fields, words, desk.soon));

/** What helps at each stage; `told`: the whole table of the day. */
const REMEDIES = {
  fixing: (desk, row, told) => (row.trading_day === told.next_day ? [doing(desk, "fix_day", { trading_day: row.trading_day }, say("固定当日参数", "Fix the day's values"))] : []), // of a day that has come, nothing can be fixed
  contest: () => [link(say("答复异议", "Decide the objections"), "settlement", () => $("objections").closest("section").scrollIntoView())],
  clearing: (desk) => [link(say("重试未交收的成交", "Retry what is not settled"), "settlement"), reconcile(desk.answer)],
  disclosure: () => [link(say("签名并公布公报", "Sign and publish the bulletin"), "bulletins")],
  bank: (desk, row, told) => [bankFile(told.trading_day), link(say("处理差异", "Settle the differences"), "settlement")],
  reconciliation: (desk) => [reconcile(desk.answer), link(say("查看未交收", "See what is not settled"), "settlement")],
  opening: (desk, row) => [doing(desk, "open_day", { trading_day: row.trading_day }, say("开市", "Open the day"))],
  close: (desk) => [doing(desk, "close_day", {}, say("闭市", "Close the day"))],
};

/** The remedies of one stage of the day, null where it needs none. desk: {link, soon, answer}. told: the whole table of the day. */
export function remedies(desk, row, told) {
  if (!row.remedy) return null;
  const made = (REMEDIES[row.waits_for || row.stage] ?? (() => []))(desk, row, told);
  if (row.status === "blocked") made.push(override(desk, row.trading_day));
  return made.length ? make("span", { className: "acts" }, ...made) : null;
}
