// What can be done with a net, one at a time.
import { make } from "./dom.mjs";

/** `views` are [key, label, view]. */
export function tabs(page, views) {
  if (views.length === 1) return single(views[0]);
  const { state } = page;
  const keys = views.map(([key]) => key);
  const heads = views.map(([key, label]) =>
    make(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${key}`,
        "aria-controls": `panel-${key}`,
        click: () => page.change({ tab: key }),
      },
      label,
    ),
  );
  const panels = views.map(([key, , view]) =>
    make("div", { role: "tabpanel", id: `panel-${key}`, "aria-labelledby": `tab-${key}` }, view.element),
  );
  const list = make("div", { role: "tablist", "aria-label": "What to do with the net" }, ...heads);
  list.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    const next = (keys.indexOf(state.tab) + step + keys.length) % keys.length;
    page.change({ tab: keys[next] });
    heads[next].focus();
  });
  const element = make("section", { class: "card tabs", "aria-label": "Look closer" }, list, ...panels);
  function render(seen) {
    views.forEach(([key, , view], i) => {
      const isOpen = key === state.tab;
      heads[i].setAttribute("aria-selected", isOpen);
      heads[i].tabIndex = isOpen ? 0 : -1;
      panels[i].hidden = !isOpen;
      if (isOpen) view.render(seen);
      else view.leave?.();
    });
  }
  return { element, render };
}

/** A view that is the only one needs no tab. */
function single([key, , view]) {
  const heading = make("h2", { id: "closer-title" }, "Look closer");
  const panel = make("div", { id: `panel-${key}` }, view.element);
  const element = make("section", { class: "card tabs", "aria-labelledby": "closer-title" }, heading, panel);
  return { element, render: view.render };
}
