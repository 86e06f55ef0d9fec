// The heading of what is drawn; on a narrow screen, where the answer is further down, the answer stands beside it.
import { make } from "./dom.mjs";
import { inWords } from "./wording.mjs";

export function heading(page, text) {
  const echo = make("p", { class: "echo", "aria-hidden": "true" });
  const element = make("div", { class: "title" }, make("h2", { id: "drawing-title" }, text), echo);
  function render({ answer }) {
    echo.textContent = answer && !page.isBlank() ? inWords(page.model, answer) : "";
  }
  return { element, render };
}
