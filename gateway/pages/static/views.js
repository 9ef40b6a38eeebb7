// The console's views: one at a time, chosen by the links of its navigation, so that each has an address of its own.

const views = [...document.querySelectorAll("[data-view]")];
const links = [...document.querySelectorAll("#views a")];

/** Which view is shown. */
export function shownView() {
  return views.find((view) => !view.hidden).dataset.view;
}

/** Show the view that the address names; `onShow` is called with its name, also for the first one. */
export function followViews(onShow) {
  const show = () => {
    const asked = location.hash.slice(1);
    if (!views.some((view) => view.dataset.view === asked) && asked) return; // such as the link that skips to the content
    const name = asked || views[0].dataset.view;
    for (const view of views) view.hidden = view.dataset.view !== name;
    for (const link of links) {
      if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    onShow(name);
  };
  addEventListener("hashchange", show);
  show();
}
