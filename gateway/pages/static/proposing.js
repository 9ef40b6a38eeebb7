// Any act of an operator by a form: chosen, filled in, looked at with what it would change, and proposed.

import { act, noGrounds, grounds } from "./acting.js";
import { changes } from "./approvals.js";
import { controlOf } from "./fields.js";
import { Offers } from "./offers.js";
import { Refused, make, refusalText, $ } from "./people.js";
import { run } from "./parts.js";
import { say } from "./words.js";

/** Every act as the exchange describes it, asked for once a connection. */
export class Forms {
  constructor(link) {
    this.link = link;
    this.offers = new Offers(link);
    this.told = null;
  }

  /** After each login: the rules may be others by now. */
  forget() {
    this.told = null;
  }

  async all() {
    this.told ??= await this.link.request("ops.act_forms");
    return this.told;
  }

  async of(name) {
    return (await this.all()).acts.find((row) => row.act === name);
  }
}

/** What a field can name, its columns included. */
function named(fields) {
  return new Set(fields.flatMap((field) => [field.of, ...named(field.columns ?? [])]).filter(Boolean));
}

/**
 * The form of one act. `steps`: [[title, [names of fields]]], one shown at a time; `preview(values, texts)`: a node that tells
 * in words what would be proposed.
 */
export class ActForm {
  constructor(forms, soon) {
    this.forms = forms;
    this.soon = soon;
  }

  /** The form with these fields filled in, as a node. */
  async show(name, given = {}, { steps, preview } = {}) {
    const { choices } = await this.forms.all();
    const row = await this.forms.of(name);
    await this.forms.offers.load(named(row.fields));
    this.row = row;
    this.preview = preview;
    this.isChecked = false;
    this.controls = row.fields.map((field) => controlOf(field, { choices, offers: this.forms.offers, changed: () => this.unchecked() }));
    for (const control of this.controls) if (given[control.field.name] !== undefined) control.set(given[control.field.name]);
    this.answer = make("p", { className: "answer" });
    this.answer.setAttribute("role", "alert");
    this.seen = make("div", { className: "seen" });
    this.check = make("button", { type: "submit", className: "check" }, say("核对", "Check"));
    this.send = make("button", { type: "button", hidden: true, className: "send" }, row.takes_two ? say("提出,待第二人复核", "Propose to the second person") : say("执行", "Do it"));
    this.send.addEventListener("click", () => run(this.send, this.answer, () => this.propose()));
    const body = steps ? this.stepped(steps) : [make("div", { className: "fields" }, ...this.controls.map((control) => control.node))];
    this.form = make("form", { className: "form act-form", noValidate: true, ariaLabel: say(row.zh, row.en) }, ...body, make("p", { className: "acts" }, this.check), this.seen, make("p", { className: "acts" }, this.send), this.answer);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.advance?.()) return;
      if (this.isFilled(this.controls)) run(this.check, this.answer, () => this.look());
    });
    return this.form;
  }

  /** The fields in steps; Back and Next go from one to another. */
  stepped(steps) {
    const rest = this.controls.map((control) => control.field.name).filter((name) => !steps.some(([, names]) => names.includes(name)));
    const parts = [...steps, ...(rest.length ? [[say("其他", "Others"), rest]] : [])].map(([title, names], place, all) => make(
      "fieldset", { className: "step", hidden: place > 0 }, make("legend", {}, `${place + 1} / ${all.length} ${title}`),
      make("div", { className: "fields" }, ...names.map((name) => this.controls.find((control) => control.field.name === name).node))));
    let shown = 0;
    const back = make("button", { type: "button", disabled: true }, say("上一步", "Back"));
    const next = make("button", { type: "button" }, say("下一步", "Next"));
    this.turn = (place) => {
      shown = place;
      this.check.hidden = shown < parts.length - 1;
      parts.forEach((part, at) => (part.hidden = at !== shown));
      back.disabled = shown === 0;
      next.disabled = shown === parts.length - 1;
    };
    this.stepOf = (control) => parts.findIndex((part) => part.contains(control.node));
    back.addEventListener("click", () => this.turn(shown - 1));
    this.advance = () => { // whether there was a step to go on from
      if (shown === parts.length - 1) return false;
      if (!this.isFilled(this.controls.filter((control) => this.stepOf(control) === shown))) return true;
      this.turn(shown + 1);
      this.controls.find((control) => this.stepOf(control) === shown)?.focus();
      return true;
    };
    next.addEventListener("click", this.advance);
    this.turn(0);
    return [...parts, make("p", { className: "acts" }, back, next)];
  }

  reveal(control) {
    if (this.stepOf) this.turn(this.stepOf(control));
    control.node.closest("details")?.setAttribute("open", "");
  }

  /** Whether the browser finds nothing missing; the first that is missing is said and has the focus. */
  isFilled(controls) {
    for (const control of controls) {
      for (const input of control.node.querySelectorAll("input, select, textarea")) {
        if (input.checkValidity()) continue;
        this.reveal(control);
        control.say(input.validationMessage);
        input.focus();
        return false;
      }
    }
    return true;
  }

  fields() {
    return Object.fromEntries(this.controls.map((control) => [control.field.name, control.value()]).filter(([, value]) => value !== undefined));
  }

  /** A change of a field: what was looked at is not what stands there now. */
  unchecked() {
    this.isChecked = false;
    this.send.hidden = true;
    this.seen.replaceChildren();
  }

  async look() {
    try {
      const told = await this.forms.link.request("ops.check", { act: this.row.act, fields: this.fields() });
      this.shown(told);
    } catch (error) {
      this.unchecked();
      return this.blame(error);
    }
    return "";
  }

  shown(told) {
    const texts = this.controls.map((control) => [control.name, control.text()]).filter(([, text]) => text !== "—");
    const words = this.preview?.(this.fields(), Object.fromEntries(this.controls.map((control) => [control.field.name, control.text()])));
    this.seen.replaceChildren(
      make("h3", { tabIndex: -1 }, say(`将要提出:${this.row.zh}`, `To be proposed: ${this.row.en}`)),
      words ?? "",
      told.rows.length ? changes(told.rows) : "",
      make("dl", { className: "document" }, ...texts.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)])),
      make("p", {}, told.takes_two ? say("须由第二名操作员复核后生效。", "Takes effect once a second operator has approved it.") : say("立即生效,不需复核。", "Takes effect at once; nobody has to approve it.")));
    this.isChecked = true;
    this.send.hidden = false;
    this.send.focus();
  }

  /** A refusal where it belongs: at its field, else below the form. */
  blame(error) {
    if (!(error instanceof Refused)) throw error;
    const about = String(error.data.field ?? "").replace(/^fields\.?/, "").split(/[.[]/)[0];
    const control = this.controls.find((held) => held.field.name === about);
    if (!control) throw error;
    this.reveal(control);
    control.say(refusalText(error));
    control.focus();
    return say("有一项填写有误,见所示字段。", "One field is wrong: it says why.");
  }

  async propose() {
    if (!grounds()) return noGrounds();
    try {
      const said = await act(this.forms.link, this.row.act, this.fields(), say(this.row.zh, this.row.en), this.soon);
      this.unchecked();
      return said;
    } catch (error) {
      return this.blame(error);
    }
  }
}

/** The view: every act by its desk, with a search, and the form of the one that is chosen. */
export class Proposing {
  constructor(forms, soon) {
    this.forms = forms;
    this.form = new ActForm(forms, soon);
    this.search = $("act-search");
    this.search.addEventListener("input", () => this.list());
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      run(this.search, $("act-answer"), () => this.chooseFirst());
    });
  }

  /** Show what can be chosen; called whenever the view comes up. */
  async refresh() {
    if (this.told === (await this.forms.all())) return;
    this.told = await this.forms.all();
    this.list();
  }

  /** Enter in the search: the act of that name, or the first that matches. */
  async chooseFirst() {
    await this.refresh();
    const wanted = this.search.value.trim().toLowerCase();
    const found = this.found();
    const row = found.find((each) => [each.act, each.zh, each.en].some((text) => text.toLowerCase() === wanted)) ?? found[0];
    return row ? this.choose(row.act) : "";
  }

  /** The acts that match the search, those aside that no person may do. */
  found() {
    const wanted = this.search.value.trim().toLowerCase();
    const said = (row) => [row.act, row.zh, row.en, row.help_zh, row.help_en].some((text) => text.toLowerCase().includes(wanted));
    return (this.told?.acts ?? []).filter((row) => !row.by_exchange && said(row));
  }

  list() {
    const found = this.found();
    const groups = (this.told?.desks ?? []).map((desk) => [desk, found.filter((row) => row.desk === desk.desk)]).filter(([, rows]) => rows.length);
    $("act-list").replaceChildren(...groups.flatMap(([desk, rows]) => [
      make("h3", {}, say(desk.zh, desk.en)),
      make("ul", {}, ...rows.map((row) => make("li", {}, this.chooser(row)))),
    ]));
    if (!groups.length) $("act-list").replaceChildren(make("p", {}, say("没有符合的事项", "No act like that")));
  }

  chooser(row) {
    const made = make("button", { type: "button", className: "pick", title: say(row.help_zh, row.help_en) }, say(row.zh, row.en), row.takes_two ? make("small", {}, ` ${say("两人", "two persons")}`) : "");
    if (this.chosen === row.act) made.setAttribute("aria-current", "true");
    made.addEventListener("click", () => run(made, $("act-answer"), () => this.choose(row.act)));
    return made;
  }

  /** The form of an act, with these fields filled in. */
  async choose(name, given = {}) {
    await this.refresh();
    const row = await this.forms.of(name);
    this.chosen = name;
    const form = await this.form.show(name, given);
    this.list();
    $("act-shown").replaceChildren(make("h2", { tabIndex: -1, id: "act-title" }, say(row.zh, row.en)), make("p", {}, say(row.help_zh, row.help_en)), form);
    (this.form.controls.find((control) => given[control.field.name] === undefined) ?? this.form.controls[0] ?? this.form.check).focus();
    return "";
  }

  /** From another view: come here with an act prefilled. */
  async open(name, given) {
    location.hash = "#propose";
    await this.choose(name, given);
  }
}
