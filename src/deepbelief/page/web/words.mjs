// A document: the words that it holds, each with its count and a bar, and a field to add another.
import { button, make, stepper } from "./dom.mjs";
import { setColumn } from "./rows.mjs";

const MOST_SHOWN = 60;

export function words(page) {
  const { model, state } = page;
  const list = make("div", { class: "words", tabindex: 0, role: "group", "aria-label": "Words of the document" });
  const total = make("p", { class: "quiet", role: "status" });
  const options = make("datalist", { id: "vocabulary" }, ...model.names.map((name) => make("option", { value: name })));
  const input = make("input", { type: "text", list: "vocabulary", "aria-label": "A word to add", placeholder: "word" });
  const unknown = make("p", { class: "quiet", role: "status" });
  const add = () => {
    const word = model.names.indexOf(input.value.trim());
    unknown.textContent = word < 0 ? `The model does not know the word “${input.value.trim()}”.` : "";
    if (word < 0) return;
    input.value = "";
    setColumn(page, word, state.values[word] + 1);
  };
  input.addEventListener("keydown", (event) => event.key === "Enter" && add());
  const element = make(
    "div",
    {},
    make("div", { class: "tools" }, input, options, button("Add", add)),
    unknown,
    list,
    total,
  );
  const shown = new Map(); // the row of each word that is there, kept while it is, so that a button keeps its focus
  let placed = []; // the words in the order of their rows

  function rowOf(word) {
    const bar = make("i", {});
    const { element, set: say } = stepper({
      label: model.names[word],
      change: (count) => setColumn(page, word, count),
    });
    const name = make("span", { title: model.names[word] }, model.names[word]);
    return { bar, say, element: make("div", { class: "word" }, name, make("span", { class: "track" }, bar), element) };
  }

  function render(values) {
    const there = model.names.map((_, word) => word).filter((word) => values[word] > 0 || isInUse(word));
    there.sort((a, b) => values[b] - values[a] || a - b);
    // Words keep their places while one of them is being set.
    const order = placed.some(isInUse)
      ? [...placed.filter((word) => there.includes(word)), ...there.filter((word) => !placed.includes(word))]
      : there;
    for (const word of placed) if (!order.includes(word)) remove(word);
    for (const word of order.slice(MOST_SHOWN)) remove(word);
    placed = order.slice(0, MOST_SHOWN);
    const most = Math.max(1, ...values);
    placed.forEach((word, i) => {
      if (!shown.has(word)) shown.set(word, rowOf(word));
      const row = shown.get(word);
      if (list.children[i] !== row.element) list.insertBefore(row.element, list.children[i] ?? null);
      row.bar.style.width = `${(100 * values[word]) / most}%`;
      row.say(values[word]);
    });
    const n = values.reduce((sum, value) => sum + value, 0);
    const more = order.length > placed.length ? ` The ${placed.length} most frequent are shown.` : "";
    total.textContent = `${Math.round(n)} words, ${order.length} different.${more}`;
  }

  const isInUse = (word) => shown.get(word)?.element.contains(document.activeElement) ?? false;

  function remove(word) {
    shown.get(word)?.element.remove();
    shown.delete(word);
  }

  return { element, set: render };
}
