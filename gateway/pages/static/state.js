// How fresh a page is, said on the page: live, perhaps out of date, or connecting again.

import { say } from "./words.js";

const STATES = {
  live: ["实时", "Live"],
  stale: ["数据可能延迟", "May be out of date"],
  resuming: ["正在重新连接", "Reconnecting"],
};

/** Show one of STATES; what is not live is dimmed by the style sheet. */
export function showState(state) {
  const link = document.getElementById("link");
  link.dataset.state = state;
  document.getElementById("link-text").textContent = say(...STATES[state]);
  document.body.dataset.state = state;
}
