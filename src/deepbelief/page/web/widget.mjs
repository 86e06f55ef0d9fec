// The page as a widget in a notebook (anywidget): what the net is given, and its answer, are shared with Python.

const ROUNDING = 1e-5; // of a number that went through a picture, and is the same

function render({ model, el }) {
  const frame = document.createElement("iframe");
  Object.assign(frame.style, { width: "100%", height: "80vh", border: "0" });
  frame.title = "deepbelief explore";
  frame.srcdoc = model.get("html");
  let page = null; // as soon as it is there

  /** Show the row that Python, or another view of this widget, has given. */
  function show() {
    const row = model.get("row");
    if (page && row.length && !isSame(row, page.seen.x)) page.give(row);
  }

  /** Tell Python what the net is given, and what it answers. */
  function tell() {
    const { x, answer } = page.seen;
    if (!isSame(model.get("row"), x)) model.set("row", Array.from(x));
    if (answer && !isSame(model.get("answer"), answer)) model.set("answer", Array.from(answer));
    model.save_changes();
  }

  frame.addEventListener("load", () => {
    page = frame.contentWindow.explored;
    page.onRest = tell;
    if (model.get("row").length) show();
    else tell();
  });
  model.on("change:row", show);
  el.append(frame);
  return () => model.off("change:row", show);
}

function isSame(some, others) {
  return (
    some.length === others.length &&
    some.every((value, i) => Math.abs(value - others[i]) <= ROUNDING * Math.max(1, Math.abs(value)))
  );
}

export default { render };
