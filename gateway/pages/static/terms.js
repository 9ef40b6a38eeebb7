// Words of the wire as people read them: states, steps, patterns, kinds. A word that is not here is shown as it stands.

import { say } from "./words.js";

const WORDS = {
  pattern: {
    self_trade: "自成交", circular: "循环交易", layering: "近涨跌停频繁撤单", marking_close: "尾市影响均价", limit_pair: "同一对手在涨跌停价成交", block_pair: "同一对手偏离价大宗",
    small_volume: "微量成交形成价格", turnover_before_surrender: "履约前成交放大", price_at_limit: "收于涨跌停价", linked_near_limit: "关联账户合计近限额", sale_near_retention: "卖出后近须保留量",
    run_up_before_sale: "政府出售前异动", price_above_trigger: "价格高于触发价", price_below_trigger: "价格低于触发价", not_watched: "超出监测容量",
  },
  step: {
    note: "备注", answer: "答复", reminder: "提醒", report: "要求报告", undertaking: "书面承诺", interview: "约谈", notice: "函告", restriction: "限制措施", reduction: "责令减持",
    confirmed: "结案:属实", settled: "结案:了结", unfounded: "结案:不成立",
  },
  finding: { confirmed: "属实", settled: "了结", unfounded: "不成立" },
  state: { open: "进行中", closed: "已结", met: "已执行", waiting: "未生效", in_force: "生效中", lifted: "已解除", ended: "已届满" },
  matter: { at_limit: "连续涨跌停", large_move: "价格大幅波动", incident: "重大技术事件", breach: "违规认定", restriction: "限制措施" },
  scope: { login: "登录", buy: "买入", sell: "卖出", transfer: "转出", cash_out: "出金" },
  target: { market: "全市场", instrument: "品种", participant: "参与人", account: "账户" },
  category: {
    key_emitter: "重点排放单位", institution: "机构", individual: "个人", project_owner: "项目业主", intermediary: "中介机构", government: "政府", treasury: "国库",
  },
  standing: {
    suspended: "暂停", unqualified: "未适当", by_class: "依类别", leaving: "退出中", left: "已退出", closed: "已销户", kill_switch: "紧急停止", unfinished: "交收未完成", own_limits: "自设限额",
  },
};

/** One word of `kind` in the page's language. */
export function term(kind, word) {
  return word ? say(WORDS[kind][word] ?? word, word.replaceAll("_", " ")) : "";
}

/** Several words of `kind`, "—" for none. */
export function terms(kind, words) {
  return words.map((word) => term(kind, word)).join(say("、", ", ")) || "—";
}
