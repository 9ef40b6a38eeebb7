// What the reader of files says is wrong, in the page's language. What is not known here is shown as the exchange says it.

import { say } from "./words.js";

const KNOWN = [
  [/^there is no such account$/, "无此账户"],
  [/^there is no such instrument$/, "无此品种"],
  [/^is a (\S+); (\S+) is for a (\S+)$/, "账户类别为 $1,而 $2 只发放给 $3"],
  [/^is a (\S+), not a key emitter$/, "账户类别为 $1,不是重点排放单位"],
  [/^must be one of (.+)$/, "必须是以下之一:$1"],
  [/^must be whole tonnes from (\d+) to (\d+)$/, "必须是 $1 至 $2 的整数吨"],
  [/^must be a day yyyy-mm-dd$/, "必须是日期 yyyy-mm-dd"],
  [/^must be an amount in yuan with two places$/, "必须是两位小数的金额(元)"],
  [/^credit and debit are amounts from 0$/, "贷方与借方不得为负"],
  [/^opening and movements make (\S+)$/, "期初与发生额应得 $1"],
  [/^the rows add up to (\S+)$/, "各行合计为 $1"],
  [/^has no row$/, "缺少此行"],
  [/^stands in line (\d+) already$/, "与第 $1 行重复"],
  [/^has (\d+) fields instead of (\d+)$/, "有 $1 列,应为 $2 列"],
  [/^the header must be (\S+)$/, "表头必须是 $1"],
  [/^the file has no rows$/, "文件没有数据行"],
  [/^the file has (\d+) rows; at most (\d+) are taken$/, "文件有 $1 行,最多 $2 行"],
  [/^the file has (\d+) bytes; at most (\d+) are taken$/, "文件有 $1 字节,最多 $2 字节"],
  [/^the file is not UTF-8: (.+)$/, "文件不是 UTF-8 编码:$1"],
  [/^the file is not CSV: (.+)$/, "文件不是 CSV:$1"],
];

/** The sentence in the page's language. */
export function faultText(problem) {
  const [form, zh] = KNOWN.find(([known]) => known.test(problem)) ?? [problem, problem];
  return say(problem.replace(form, zh), problem);
}
