// The controls of a form that is made from declared types: each shows one field, says what stands in it as the exchange takes it, and what is wrong with it.

import { make } from "./people.js";
import { local, say } from "./words.js";

const OFFSET_MIN = Number(document.body.dataset.utcOffsetMinutes);
let made = 0;

/** A control for a described field. `tools`: {choices, offers, changed}; `isForced`: whether leaving it empty is a fault. */
export function controlOf(field, tools, isForced = field.is_required) {
  const Kind = { yes_no: YesNo, choice: Choice, choices: Choices, list: Rows, rows: Rows, record: Rec, long_text: Long }[field.control] ?? Line;
  return new Kind(field, tools, isForced);
}

/** What one field has in common: its name, its hint, and a place where a refusal of it is said. */
class Control {
  constructor(field, tools, isForced) {
    this.field = field;
    this.tools = tools;
    this.isForced = Boolean(isForced);
    this.id = `field-${++made}`;
    this.fault = make("span", { className: "fault", id: `${this.id}-fault` });
    this.fault.setAttribute("role", "alert");
    this.hint = make("span", { className: "why", id: `${this.id}-hint` }, say(field.hint_zh ?? "", field.hint_en ?? ""));
  }

  get name() {
    return say(this.field.zh, this.field.en);
  }

  label() {
    return this.isForced ? this.name : `${this.name} ${say("(可空)", "(optional)")}`;
  }

  /** Label, control, hint and fault, one below the other. */
  labelled(control) {
    control.id = this.id;
    control.setAttribute("aria-describedby", `${this.id}-hint ${this.id}-fault`);
    control.addEventListener("input", () => this.changed());
    this.node = make("div", { className: "field" }, make("label", { htmlFor: this.id }, this.label()), control, this.hint, this.fault);
    this.input = control;
  }

  grouped(...children) {
    this.input = make("fieldset", { tabIndex: -1 }, make("legend", {}, this.label()), ...children, this.hint, this.fault);
    this.node = make("div", { className: "field whole-line" }, this.input);
  }

  changed() {
    this.say("");
    this.tools.changed();
  }

  /** Say what is wrong with this field; "" for nothing. */
  say(text) {
    this.fault.textContent = text;
    if (text) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  focus() {
    this.input.focus();
  }

  /** What stands in it, in words. */
  text() {
    const value = this.value();
    return value === undefined || value === "" ? "—" : String(value);
  }
}

/** A line of text, a number, a day or a moment. */
class Line extends Control {
  constructor(field, tools, isForced) {
    super(field, tools, isForced);
    const kind = { day: "date", time: "datetime-local" }[field.control] ?? "text";
    const input = make("input", { type: kind, required: this.isForced && (field.control !== "text" || (field.low ?? 0) > 0) });
    if (field.control === "time") input.step = 1;
    if (field.control === "whole") input.inputMode = "numeric";
    if (field.control === "decimal") input.inputMode = "decimal";
    if (field.control === "text" && field.high) input.maxLength = field.high;
    this.labelled(input);
    if (field.of) this.offered = tools.offers.serve(input, field.of, this.hint);
    if (field.control === "whole") input.addEventListener("input", () => this.bound());
  }

  bound() {
    const { low, high } = this.field;
    const typed = this.input.value.trim();
    const isFit = /^[0-9]+$/.test(typed) && (low === undefined || Number(typed) >= low) && (high === undefined || Number(typed) <= high);
    this.input.setCustomValidity(!typed || isFit ? "" : say(`须为 ${low ?? 0} 至 ${high} 的整数`, `A whole number from ${low ?? 0} to ${high}`));
  }

  value() {
    const typed = this.input.value.trim();
    if (!typed) return this.isForced && this.field.control === "text" ? "" : undefined;
    switch (this.field.control) {
      case "whole": return Number(typed);
      case "time": return new Date(Date.parse(`${typed}Z`) - OFFSET_MIN * 60_000).toISOString();
      default: return typed;
    }
  }

  set(value) {
    this.input.value = this.field.control === "time" ? local(value).toISOString().slice(0, 19) : String(value);
    this.offered?.();
  }

  text() {
    const said = this.field.of ? this.hint.textContent : "";
    const shown = this.field.control === "time" ? this.input.value.replace("T", " ") : this.input.value.trim();
    return shown ? [shown, said].filter(Boolean).join(" ") : "—";
  }
}

/** Many lines of text. */
class Long extends Control {
  constructor(field, tools, isForced) {
    super(field, tools, isForced);
    this.labelled(make("textarea", { rows: 8, required: this.isForced, maxLength: field.high ?? -1 }));
    this.node.classList.add("whole-line");
  }

  value() {
    return this.input.value || undefined;
  }

  set(value) {
    this.input.value = value;
  }
}

/** One of several words. */
class Choice extends Control {
  constructor(field, tools, isForced) {
    super(field, tools, isForced);
    const none = make("option", { value: "" }, isForced ? say("请选择", "choose") : "—");
    this.labelled(make("select", { required: this.isForced }, none, ...tools.choices[field.choices].map((row) => make("option", { value: row.value }, say(row.zh, row.en)))));
  }

  value() {
    return this.input.value || undefined;
  }

  set(value) {
    this.input.value = value;
  }

  text() {
    return this.input.value ? this.input.selectedOptions[0].textContent : "—";
  }
}

/** Yes or no: to be said where it must be said, a box where leaving it out means no. */
class YesNo extends Control {
  constructor(field, tools, isForced) {
    super(field, tools, isForced);
    const words = [["true", say("是", "yes")], ["false", say("否", "no")]];
    if (this.isForced) {
      this.labelled(make("select", { required: true }, make("option", { value: "" }, say("请选择", "choose")), ...words.map(([value, text]) => make("option", { value }, text))));
      return;
    }
    const box = make("input", { type: "checkbox", id: this.id });
    box.setAttribute("aria-describedby", `${this.id}-hint ${this.id}-fault`);
    box.addEventListener("input", () => this.changed());
    this.node = make("div", { className: "field" }, make("label", {}, box, ` ${this.name}`), this.hint, this.fault);
    this.input = box;
  }

  value() {
    if (this.input.type === "checkbox") return this.input.checked || undefined;
    return this.input.value ? this.input.value === "true" : undefined;
  }

  set(value) {
    if (this.input.type === "checkbox") this.input.checked = value;
    else this.input.value = String(value);
  }

  text() {
    return this.value() ? say("是", "yes") : say("否", "no");
  }
}

/** Some of several words. */
class Choices extends Control {
  constructor(field, tools, isForced) {
    super(field, tools, isForced);
    this.boxes = tools.choices[field.choices].map((row) => [make("input", { type: "checkbox", value: row.value }), say(row.zh, row.en)]);
    this.grouped(make("div", { className: "boxes" }, ...this.boxes.map(([box, text]) => make("label", {}, box, ` ${text}`))));
    this.input.addEventListener("input", () => this.changed());
  }

  value() {
    const words = this.boxes.filter(([box]) => box.checked).map(([box]) => box.value);
    return words.length || this.isForced ? words : undefined;
  }

  set(value) {
    for (const [box] of this.boxes) box.checked = value.includes(box.value);
  }

  focus() {
    this.boxes[0]?.[0].focus();
  }

  text() {
    return this.boxes.filter(([box]) => box.checked).map(([, text]) => text).join(say("、", ", ")) || "—";
  }
}

/** Fields that belong together, as an object or, where the exchange takes them by place, as an array. */
class Rec extends Control {
  constructor(field, tools, isForced) {
    super(field, tools, isForced);
    this.parts = field.columns.map((column) => controlOf(column, tools, this.isForced && column.is_required));
    const grid = make("div", { className: "fields" }, ...this.parts.map((part) => part.node));
    if (this.isForced) this.grouped(grid);
    else this.grouped(make("details", {}, make("summary", {}, say("填写", "Fill in")), grid));
  }

  value() {
    return recordOf(this.field, this.parts);
  }

  set(value) {
    setRecord(this.field, this.parts, value);
  }

  text() {
    return recordText(this.parts);
  }
}

function recordOf(field, parts) {
  const pairs = parts.map((part) => [part.field.name, part.value()]);
  if (!pairs.some(([, value]) => value !== undefined && value !== "")) return undefined;
  if (field.is_positional) return pairs.map(([, value]) => value ?? "");
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

function setRecord(field, parts, value) {
  parts.forEach((part, place) => {
    const held = field.is_positional ? value[place] : value[part.field.name];
    if (held !== undefined) part.set(held);
  });
}

function recordText(parts) {
  return parts.map((part) => [part, part.text()]).filter(([, text]) => text !== "—").map(([part, text]) => `${part.name} ${text}`).join(say(",", ", ")) || "—";
}

/** Any number of rows, of fields or of a single one. */
class Rows extends Control {
  constructor(field, tools, isForced) {
    super(field, tools, isForced);
    this.rows = [];
    this.body = make("div", { className: "rows" });
    this.more = make("button", { type: "button" }, say("添加一行", "Add a row"));
    this.more.addEventListener("click", () => {
      this.add()[0].focus();
      this.changed();
    });
    this.grouped(this.body, make("p", { className: "acts" }, this.more));
    if (this.isForced && (field.low ?? 0) > 0) this.add();
  }

  add() {
    const parts = this.field.columns.map((column) => controlOf(column, this.tools, column.is_required));
    const less = make("button", { type: "button", ariaLabel: say(`删除此行:${this.name}`, `Remove this row: ${this.name}`) }, "✕");
    const row = make("div", { className: "row" }, make("div", { className: "fields" }, ...parts.map((part) => part.node)), less);
    less.addEventListener("click", () => {
      this.rows = this.rows.filter((held) => held !== parts);
      row.remove();
      this.more.focus();
      this.changed();
    });
    this.rows.push(parts);
    this.body.append(row);
    return parts;
  }

  value() {
    const isList = this.field.control === "list";
    const rows = this.rows.map((parts) => (isList ? parts[0].value() : recordOf(this.field, parts))).filter((row) => row !== undefined && row !== "");
    return rows.length || this.isForced ? rows : undefined;
  }

  set(value) {
    this.rows = [];
    this.body.replaceChildren();
    for (const row of value) {
      const parts = this.add();
      if (this.field.control === "list") parts[0].set(row);
      else setRecord(this.field, parts, row);
    }
  }

  focus() {
    (this.rows[0]?.[0] ?? { focus: () => this.more.focus() }).focus();
  }

  text() {
    return this.rows.map((parts) => (this.field.control === "list" ? parts[0].text() : recordText(parts))).join(say(";", "; ")) || "—";
  }
}
