// What a person has set for the pages of this device: which colour is up, how large figures are written, single keys. Kept in this
// browser only; the first choice of each holds where nothing was kept, or nothing can be.

import { grouped, large } from "./words.js";

const CHOICES = { colours: ["red-up", "green-up"], figures: ["full", "short"], keys: ["on", "off"] };

export function setting(name) {
  try {
    const held = localStorage.getItem(`yutan.${name}`);
    return CHOICES[name].includes(held) ? held : CHOICES[name][0];
  } catch {
    return CHOICES[name][0];
  }
}

/** A figure of a table as this device wants it: every digit, or 万 and 亿. */
export function figure(value) {
  if (value === null || value === undefined) return "—";
  return setting("figures") === "short" ? large(value) : grouped(value);
}

function paint() {
  document.documentElement.dataset.colours = setting("colours");
}

/** The form that changes the settings; onChange is told after each. */
export function watchSettings(form, onChange) {
  for (const name of Object.keys(CHOICES)) form[name].value = setting(name);
  form.addEventListener("change", (event) => {
    try {
      localStorage.setItem(`yutan.${event.target.name}`, event.target.value);
    } catch {
      event.target.value = setting(event.target.name); // nothing can be kept here: the form says what holds
    }
    paint();
    onChange();
  });
}

paint();
