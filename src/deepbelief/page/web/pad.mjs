// The drawing: a pen, an eraser, rows of the data, files of pictures, and the frame that a drawing is brought into.
import { button, choice, make } from "./dom.mjs";
import { droppedPixels } from "./dropping.mjs";
import { css, paintRow } from "./paint.mjs";
import { giveData, rowChooser } from "./rows.mjs";
import { penRadius } from "./strokes.mjs";
import { heading } from "./title.mjs";

const SIDE = 560; // dots of the canvas; half as many on the screen

export function pad(page) {
  const { model, state } = page;
  const [height, width] = model.shape;
  const scale = SIDE / Math.max(height, width);
  const canvas = make("canvas", {
    id: "pad",
    width: width * scale,
    height: height * scale,
    tabindex: 0,
    role: "application",
    "aria-label":
      "Drawing. Arrow keys move the pen, the space bar puts it down and lifts it, E changes between pen and eraser, Backspace takes the last stroke back.",
  });
  const sees = make("canvas", { class: "picture", role: "img", "aria-label": "What the net is given" });
  const cursor = { x: 0.5, y: 0.5, isDown: false };
  let stroke = null;

  const begin = (point) => {
    stroke = { points: [point], erase: state.tool === "eraser" };
    page.change({ strokes: [...state.strokes, stroke] });
  };
  const goOn = (point) => {
    stroke.points.push(point);
    page.change({ strokes: state.strokes });
  };
  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (model.isColour) return;
    canvas.setPointerCapture(event.pointerId);
    begin(placeOf(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (stroke === null || event.buttons === 0) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) goOn(placeOf(one));
  });
  for (const ending of ["pointerup", "pointercancel"]) canvas.addEventListener(ending, () => (stroke = null));

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (event.key in MOVES && !model.isColour) {
      const [dx, dy] = MOVES[event.key];
      cursor.x = Math.min(1, Math.max(0, cursor.x + dx / width));
      cursor.y = Math.min(1, Math.max(0, cursor.y + dy / height));
      if (cursor.isDown) goOn([cursor.x, cursor.y]);
    } else if (event.key === " ") {
      cursor.isDown = !cursor.isDown;
      if (cursor.isDown) begin([cursor.x, cursor.y]);
      else stroke = null;
    } else if (event.key === "e" || event.key === "E") page.change({ tool: state.tool === "pen" ? "eraser" : "pen" });
    else if (event.key === "Backspace") undo();
    else return;
    event.preventDefault();
    page.render();
  });
  canvas.addEventListener("blur", () => {
    cursor.isDown = false;
    stroke = null;
    page.render();
  });
  canvas.addEventListener("focus", () => page.render());

  const undo = () => page.change({ strokes: state.strokes.slice(0, -1) });
  const clear = () => page.change({ strokes: [], base: null, row: null });
  const take = async (file) => {
    const found = await droppedPixels(file, model);
    if (found === null) page.say("This file is no picture that a browser can read: take a PNG or JPEG file.");
    else giveData(page, model.fromShares(found));
  };
  canvas.addEventListener("dragover", (event) => event.preventDefault());
  canvas.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
  const file = make("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    change: () => {
      take(file.files[0]);
      file.value = ""; // so that the same file can be opened again
    },
  });
  const tools = choice({
    label: "Tool",
    name: "tool",
    options: [
      ["pen", "Pen"],
      ["eraser", "Eraser"],
    ],
    value: state.tool,
    change: (tool) => page.change({ tool }),
  });
  const frame = make("input", {
    type: "checkbox",
    checked: state.framed,
    change: () => page.change({ framed: frame.checked }),
  });
  const frameLabel = make(
    "label",
    { class: "check" },
    frame,
    make("span", {}, `Fit into ${model.box} × ${model.box} pixels, centred by mass, like the data`),
  );
  const rows = rowChooser(page);
  const title = heading(page, model.isColour ? "Picture" : "Draw here");

  const element = make(
    "section",
    { class: "card drawing", "aria-labelledby": "drawing-title" },
    title.element,
    make("div", { class: "paper" }, canvas),
    make(
      "div",
      { class: "tools" },
      ...(model.isColour ? [] : [tools.element, button("Undo", undo), button("Clear", clear)]),
    ),
    make(
      "div",
      { class: "tools" },
      ...(rows ? [rows.element] : []),
      button("Open …", () => file.click(), { title: "A picture from this computer; or drop one on the drawing" }),
      file,
    ),
    make(
      "div",
      { class: "sees" },
      make("figure", {}, sees, make("figcaption", {}, "What the net is given")),
      make("div", {}, ...(model.box === null ? [] : [frameLabel]), ...(rows ? [rows.label] : [])),
    ),
  );

  function render(seen) {
    const context = canvas.getContext("2d");
    context.fillStyle = css("paper");
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (state.base) {
      const still = document.createElement("canvas");
      paintRow(still, model, state.base);
      context.imageSmoothingEnabled = false;
      context.drawImage(still, 0, 0, canvas.width, canvas.height);
    }
    for (const { points, erase } of state.strokes) drawStroke(context, points, erase);
    if (document.activeElement === canvas && canvas.matches(":focus-visible")) drawCursor(context);
    paintRow(sees, model, seen.x);
    tools.set(state.tool);
    frame.checked = state.framed;
    frame.disabled = state.base !== null;
    frameLabel.classList.toggle("off", frame.disabled);
    title.render(seen);
    rows?.render();
  }

  function drawStroke(context, points, erase) {
    context.strokeStyle = css(erase ? "paper" : "ink");
    context.lineWidth = 2 * penRadius(model.shape) * scale * (erase ? 2.2 : 1);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x * canvas.width, y * canvas.height);
    if (points.length === 1) context.lineTo(points[0][0] * canvas.width, points[0][1] * canvas.height + 0.01);
    context.stroke();
  }

  function drawCursor(context) {
    context.strokeStyle = css("plus");
    context.lineWidth = cursor.isDown ? 6 : 3;
    context.beginPath();
    context.arc(cursor.x * canvas.width, cursor.y * canvas.height, 14, 0, 2 * Math.PI);
    context.stroke();
  }

  return { element, render };
}
