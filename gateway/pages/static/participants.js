// Participants: who was admitted, with classes, qualifications, accounts, users and keys, and the acts that fit each, prefilled.

import { pagedTable } from "./paged.js";
import { $, make } from "./people.js";
import { run } from "./parts.js";
import { term, terms } from "./terms.js";
import { grouped, say } from "./words.js";

const NONE = "—";
const QUALIFICATION = "qualification";

/** The view. `forms` has the acts' names; `open(act, fields)` goes to the form of an act. */
export class Participants {
  constructor(link, forms, open) {
    this.link = link;
    this.forms = forms;
    this.open = open;
    this.shown = "";
    this.chosen = 0;
    $("participant-search").addEventListener("input", () => this.list());
    $("participant-admit").addEventListener("click", () => run($("participant-admit"), $("participant-answer"), () => this.open("admit_participant", {})));
  }

  /** Look at everybody anew; the page changes only where something has. */
  async refresh() {
    const [rows, associations, accounts, keys, bans] = await Promise.all(["ops.participants", "ops.associations", "ops.accounts", "ops.keys", "ops.bans"].map((method) => this.link.request(method)));
    const { choices } = await this.forms.all();
    const seen = JSON.stringify([rows, associations, accounts.map(({ account, owner, category, name, restriction, standing }) => [account, owner, category, name, restriction, standing]), keys, bans]);
    if (this.seen === seen) return;
    this.seen = seen;
    this.words = (list, value) => {
      const found = choices[list].find((row) => row.value === value);
      return found ? say(found.zh, found.en) : value;
    };
    this.accounts = new Map(accounts.map((row) => [row.account, row]));
    this.keys = keys;
    this.associations = associations;
    const known = new Set(rows.map((row) => row.participant));
    const strangers = new Map(); // owners of accounts who were never admitted
    for (const row of accounts) if (!known.has(row.owner)) strangers.set(row.owner, [...(strangers.get(row.owner) ?? []), row]);
    this.rows = [...rows, ...[...strangers].map(([owner, held]) => ({
      participant: owner, identity: "", name: held[0].name, home: "", is_suspended: false, is_stranger: true, qualifications: [], users: [],
      accounts: held.map((row) => ({ account: row.account, category: row.category, bars: row.standing, missing: "" })),
    }))];
    $("bans").replaceChildren(pagedTable(say("禁入名单", "The banned"), [say("编号", "Identity"), say("名称", "Name"), say("依据", "Basis"), say("操作", "Act")], bans.map((row) => [
      row.identity, { text: row.name, className: "text" }, { text: row.basis, className: "text wrap" }, this.act("lift_ban", { identity: row.identity }, row.identity),
    ]), say("无人禁入", "Nobody is banned")));
    this.list();
    if (this.chosen) this.detail();
  }

  status(row) {
    if (row.is_stranger) return { text: say("! 未准入", "! not admitted"), className: "text late" };
    return row.is_suspended ? { text: say("! 暂停", "! suspended"), className: "text stopped" } : { text: say("✓ 正常", "✓ good"), className: "text" };
  }

  list() {
    const wanted = $("participant-search").value.trim().toLowerCase();
    const texts = (row) => [String(row.participant), row.name, row.identity, row.home, ...row.accounts.map((held) => held.account), ...row.users.flatMap((user) => [user.user, user.name, ...user.keys])];
    const found = (this.rows ?? []).filter((row) => !wanted || texts(row).some((text) => text.toLowerCase().includes(wanted)));
    const names = [say("编号", "Number"), say("名称", "Name"), say("类别", "Class"), say("状态", "Status"), say("资格", "Qualifications"), say("账户", "Accounts"), say("人员与密钥", "Users, keys")];
    const table = pagedTable(say(`参与人(${found.length})`, `Participants (${found.length})`), names, found.map((row) => [
      this.chooser(row), { text: row.name, className: "text wrap" }, { text: [...new Set(row.accounts.map((held) => term("category", held.category)))].join(say("、", ", ")) || NONE, className: "text" },
      this.status(row), { text: row.qualifications.map((held) => this.words(QUALIFICATION, held.kind)).join(say("、", ", ")) || NONE, className: "text wrap" },
      { text: row.accounts.map((held) => `${held.account}${held.bars.length ? " !" : ""}`).join(" ") || NONE, className: "text wrap" },
      { text: row.users.length ? `${row.users.length} / ${row.users.reduce((sum, user) => sum + user.keys.length, 0)}` : NONE },
    ]), say("没有参与人", "No participant"));
    $("participants").replaceChildren(table);
  }

  chooser(row) {
    const made = make("button", { type: "button", className: "pick", ariaLabel: say(`参与人 ${row.participant} ${row.name}`, `Participant ${row.participant} ${row.name}`) }, String(row.participant));
    if (this.chosen === row.participant) made.setAttribute("aria-current", "true");
    made.addEventListener("click", () => {
      this.chosen = row.participant;
      this.detail();
      this.list();
      $("participant-name").focus();
    });
    return made;
  }

  /** A button that goes to the form of an act, with these fields filled in. */
  act(name, fields, of) {
    const form = this.forms.told.acts.find((row) => row.act === name);
    const made = make("button", { type: "button", ariaLabel: say(`${form.zh} ${of}`, `${form.en} ${of}`) }, say(form.zh, form.en));
    made.addEventListener("click", () => run(made, $("participant-answer"), () => this.open(name, fields)));
    return made;
  }

  acts(of, ...pairs) {
    return { node: make("div", { className: "acts" }, ...pairs.filter(Boolean).map(([name, fields]) => this.act(name, fields, of))), className: "wrap" };
  }

  detail() {
    const row = this.rows.find((each) => each.participant === this.chosen);
    const participant = this.chosen;
    if (!row) return $("participant").replaceChildren();
    const one = { participant };
    const general = row.is_stranger
      ? [["admit_participant", { participant, name: row.name }]]
      : [["amend_participant", { participant, identity: row.identity, name: row.name, home: row.home }], row.is_suspended ? ["reinstate_participant", one] : ["suspend_participant", one], ["qualify", one],
        ["appoint_user", one], ["open_account", { owner: participant, name: row.name }], ["associate", { controller: participant }], ["ban_person", { identity: row.identity, name: row.name }], ["engage_kill_switch", { kind: "participant", participant }]];
    return $("participant").replaceChildren(
      make("h3", { tabIndex: -1, id: "participant-name" }, `${participant} ${row.name}`),
      make("p", {}, [row.identity, row.home, this.status(row).text].filter(Boolean).join(" · ")),
      this.acts(row.name, ...general).node, this.ofAccounts(row), this.ofQualifications(row), this.ofUsers(row), this.ofAssociations(participant));
  }

  ofAccounts(row) {
    const names = [say("账户", "Account"), say("类别", "Class"), say("不得交易因", "Why not trading"), say("限制", "Restricted"), say("自设限额", "Own limits"), say("操作", "Acts")];
    return pagedTable(say("账户", "Accounts"), names, row.accounts.map((held) => {
      const { account } = held;
      const isEmitter = held.category === "key_emitter";
      return [
        account, { text: term("category", held.category), className: "text" },
        { text: [terms("standing", held.bars), held.missing && this.words(QUALIFICATION, held.missing)].filter(Boolean).join(" · "), className: "text wrap" },
        { text: terms("scope", this.accounts.get(account)?.restriction ?? []), className: "text wrap" }, { text: ownLimits(held), className: "text wrap" },
        this.acts(account, ["restrict", { account }], this.accounts.get(account)?.restriction.length && ["lift_restriction", { account, scope: this.accounts.get(account).restriction }], ["engage_kill_switch", { kind: "account", account }],
          ["register_key", { accounts: [account] }], isEmitter && ["exit_to_national_market", { account }], ["close_account", { account }]),
      ];
    }), say("没有账户", "No account"));
  }

  ofQualifications(row) {
    const names = [say("资格", "Qualification"), say("自", "From"), say("至", "Until"), say("净资产(元)", "Net worth (CNY)"), say("操作", "Acts")];
    return pagedTable(say("适当性资格", "Qualifications"), names, row.qualifications.map((held) => [
      this.words(QUALIFICATION, held.kind), held.from_day, held.until_day, held.assets && grouped(held.assets),
      this.acts(held.kind, ["qualify", { participant: row.participant, kind: held.kind }], ["disqualify", { participant: row.participant, kind: held.kind }]),
    ]), say("未认定", "None on record"));
  }

  ofUsers(row) {
    const names = [say("操作人员", "User"), say("姓名", "Name"), say("权限", "Rights"), say("密钥", "Keys"), say("操作", "Acts")];
    const held = new Set(row.accounts.map((each) => each.account));
    const programs = this.keys.filter((key) => !key.user && key.accounts.some((account) => held.has(account)));
    const state = (id) => {
      const key = this.keys.find((each) => each.key_id === id);
      return !key || key.status === "good" ? id : `${id} (! ${key.status})`;
    };
    const accounts = row.accounts.map((each) => each.account);
    return pagedTable(say("操作人员与密钥", "Users and keys"), names, [
      ...row.users.map((user) => [
        user.user, { text: user.name, className: "text" }, { text: user.rights.map((word) => this.words("right", word)).join(say("、", ", ")), className: "text wrap" }, { text: user.keys.map(state).join(" ") || NONE, className: "text wrap" },
        this.acts(user.user, ["register_key", { user: user.user, accounts, scopes: user.rights }], ...user.keys.map((key_id) => ["revoke_key", { key_id }]), ["remove_user", { user: user.user }]),
      ]),
      ...programs.map((key) => [say("(程序)", "(program)"), NONE, { text: key.scopes.map((word) => this.words("right", word)).join(say("、", ", ")), className: "text wrap" }, { text: state(key.key_id), className: "text" }, this.acts(key.key_id, ["revoke_key", { key_id: key.key_id }])]),
    ], say("没有人员", "Nobody"));
  }

  ofAssociations(participant) {
    const names = [say("编号", "Association"), say("控制人", "Controller"), say("被控制", "Controlled"), say("份额", "Share"), say("期间", "Days"), say("依据", "Basis"), say("操作", "Acts")];
    const name = (number) => [number, this.rows.find((row) => row.participant === number)?.name].filter(Boolean).join(" ");
    return pagedTable(say("关联关系", "Associations"), names, this.associations.filter((row) => [row.controller, row.controlled].includes(participant)).map((row) => [
      String(row.association), { text: name(row.controller), className: "text wrap" }, { text: name(row.controlled), className: "text wrap" }, `${(row.share_bp / 100).toFixed(2)}%`, `${row.from_day} – ${row.until_day || "…"}`,
      { text: row.basis, className: "text wrap" }, row.is_in_force ? this.acts(String(row.association), ["dissociate", { association: row.association }]) : say("已终止", "ended"),
    ]), say("无关联关系", "No association"));
  }
}

/** What the member has set for the account, in words. */
function ownLimits({ limits }) {
  if (!limits) return NONE;
  return [
    limits.order_value_max && say(`单笔 ${grouped(limits.order_value_max)} 元`, `an order ${grouped(limits.order_value_max)} CNY`),
    limits.order_quantity_max && say(`单笔 ${grouped(limits.order_quantity_max)} 吨`, `an order ${grouped(limits.order_quantity_max)} t`),
    limits.open_value_max && say(`未成交 ${grouped(limits.open_value_max)} 元`, `open ${grouped(limits.open_value_max)} CNY`),
  ].filter(Boolean).join(say(",", ", ")) || NONE;
}
