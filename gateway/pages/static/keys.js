// A desk by keyboard: single keys outside of fields, arrows inside lists of buttons, Escape out of anything.

import { setting } from "./device.js";

const MOVES = { ArrowUp: -1, ArrowDown: 1 };
const FIELDS = "input:not([type=checkbox], [type=radio], [type=range]), select, textarea";

function nameOf(event) {
  if (event.key === "?") return "?";
  const name = event.code.replace(/^(Key|Digit|Numpad)/, "");
  return event.shiftKey ? `Shift+${name}` : name;
}

/** acts: what a key does, by its name as on the page ("B", "Shift+1", "?"). lists: selectors in which arrows go from button to button. */
export function listenForKeys(acts, lists, onEscape) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const here = event.target;
    if (event.key === "Escape") {
      onEscape();
      here.blur();
      return;
    }
    const list = here.closest(lists);
    if (list && MOVES[event.key]) {
      const buttons = [...list.querySelectorAll("button:not(:disabled)")];
      buttons[buttons.indexOf(here) + MOVES[event.key]]?.focus();
      event.preventDefault();
      return;
    }
    const act = acts[nameOf(event)];
    if (!act || here.matches(FIELDS) || setting("keys") === "off") return;
    event.preventDefault();
    act();
  });
}
