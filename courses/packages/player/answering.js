// The fields of a question, one function a type: {node, read()} where read() answers the response, or null while it
// is incomplete. Nothing of right or wrong is in them.

import { el, icon } from "./elements.js";
import { shuffled } from "./progress.js";
import { reading } from "./words.js";

const MARK = /\[\[([a-z0-9-]+)\|([^[\]|]+)\]\]/g;
const GAP = /\{\{([^{}]*)\}\}/g;

/** view: {item, language, say, seed, response, name}. */
export function answerFields(view) {
  switch (view.item.type) {
    case "single":
    case "listen":
      return choiceFields(view, "radio");
    case "multiple":
      return choiceFields(view, "checkbox");
    case "order":
      return orderFields(view);
    case "match":
      return matchFields(view);
    case "numeric":
      return lineField(view, { unit: reading(view.item.answer.unit, view.language), inputmode: "text" });
    case "short_text":
      return lineField(view, { lang: view.item.answer_lang });
    case "cloze":
      return clozeFields(view);
    default:
      throw new RangeError(`no fields for ${view.item.type}`);
  }
}

/** Choices as they are served: shuffled, or in the order of their marks in the passage. */
export function servedChoices(item, seed) {
  const places = [...marksOf(item).keys()];
  if (places.length > 0) return [...item.choices].sort((a, b) => place(places, a.id) - place(places, b.id));
  return shuffled(item.choices, `${seed}|${item.id}`, { avoidOwn: item.type === "order" });
}

/** {text, lang} of a choice; one without a text stands for marked words of the passage. */
export function choiceWords(item, choice, language) {
  if (choice.text === undefined) return { text: marksOf(item).get(choice.id) ?? choice.id, lang: item.passage.lang };
  return worded(choice.text, choice.lang ?? item.lang, language);
}

/** {text, lang}: a text in one string is in the practice language. */
export function worded(text, lang, language) {
  return { text: reading(text, language), lang: typeof text === "string" ? (lang ?? null) : null };
}

/** The right sides of a match, each wording once: [{id, text, lang}]. */
export function matchOptions(item, seed, language) {
  const options = new Map();
  for (const pair of shuffled(item.pairs, `${seed}|${item.id}`, { avoidOwn: true })) {
    const option = { id: pair.id, ...worded(pair.right, pair.lang ?? item.lang, language) };
    if (!options.has(option.text)) options.set(option.text, option);
  }
  return [...options.values()];
}

/** The pieces of a text with gaps: strings and {gap: id}. */
export function clozePieces(item, language) {
  return reading(item.text, language)
    .split(GAP)
    .map((piece, at) => (at % 2 === 1 ? { gap: piece } : piece));
}

/** The passage above a question, its marked words numbered. */
export function passageBlock(item, language) {
  if (!item.passage) return null;
  const { lang, text, gloss } = item.passage;
  let number = 0;
  const pieces = text.split(MARK).map((piece, at) => {
    if (at % 3 === 1) return null;
    if (at % 3 === 0) return piece;
    number += 1;
    return el("span", { class: "marked" }, el("sup", {}, String(number)), piece);
  });
  return el(
    "blockquote",
    { class: "quote passage", lang },
    pieces,
    gloss && el("span", { class: "gloss", lang: language }, reading(gloss, language)),
  );
}

function marksOf(item) {
  return new Map([...(item.passage?.text ?? "").matchAll(MARK)].map(([, id, words]) => [id, words]));
}

function place(places, id) {
  return places.includes(id) ? places.indexOf(id) : places.length;
}

function choiceFields({ item, language, seed, response, name }, type) {
  const chosen = Array.isArray(response) ? response : [response];
  const inputs = [];
  const labels = servedChoices(item, seed).map((choice, at) => {
    const { text, lang } = choiceWords(item, choice, language);
    const input = el("input", { type, name, value: choice.id, checked: chosen.includes(choice.id) });
    inputs.push(input);
    return el(
      "label",
      { class: type === "checkbox" ? "choice choice-multiple" : "choice" },
      input,
      el("span", { class: "choice-key", "aria-hidden": "true" }, String(at + 1)),
      el("span", { lang }, text),
    );
  });
  const node = el("fieldset", { class: "choices", "aria-labelledby": `${name}-ask` }, labels);
  const read = () => {
    const ids = inputs.filter((input) => input.checked).map((input) => input.value);
    if (ids.length === 0) return null;
    return type === "radio" ? ids[0] : ids;
  };
  return { node, read };
}

function orderFields({ item, language, say, seed, response, name }) {
  const given = Array.isArray(response) ? response.map((id) => item.choices.find((choice) => choice.id === id)) : null;
  const list = el("ol", { class: "order", "aria-labelledby": `${name}-ask` });
  const status = el("p", { class: "hidden-text", "aria-live": "polite" });
  const number = () => [...list.children].forEach((line, at) => (line.firstChild.textContent = String(at + 1)));
  const move = (line, by, text) => {
    const lines = [...list.children];
    const at = lines.indexOf(line);
    const target = at + by;
    if (target < 0 || target >= lines.length) return;
    if (by < 0) lines[target].before(line);
    else lines[target].after(line);
    number();
    status.textContent = say("moved", { place: target + 1, line: text });
  };
  for (const choice of given ?? servedChoices(item, seed)) {
    const { text, lang } = choiceWords(item, choice, language);
    const button = (by, words, drawing) =>
      el(
        "button",
        {
          type: "button",
          class: "btn btn-icon",
          "aria-label": say(words, { line: text }),
          on: {
            click: (event) => {
              move(line, by, text);
              event.currentTarget.focus();
            },
          },
        },
        icon(drawing),
      );
    const moves = el("span", { class: "order-moves" }, button(-1, "line_up", "up"), button(1, "line_down", "down"));
    const line = el("li", { "data-id": choice.id }, el("span", { class: "order-place", "aria-hidden": "true" }), el("span", { lang }, text), moves);
    list.append(line);
  }
  number();
  return { node: el("div", {}, list, status), read: () => [...list.children].map((line) => line.dataset.id) };
}

function matchFields({ item, language, say, seed, response, name }) {
  const options = matchOptions(item, seed, language);
  const selects = [];
  const rows = item.pairs.map((pair) => {
    const { text, lang } = worded(pair.left, pair.lang ?? item.lang, language);
    const id = `${name}-${pair.id}`;
    const select = el(
      "select",
      { class: "input", id },
      el("option", { value: "" }, say("match_choose")),
      options.map((option) => el("option", { value: option.id, lang: option.lang, selected: response?.[pair.id] === option.id }, option.text)),
    );
    selects.push([pair.id, select]);
    return el("li", {}, el("label", { for: id, lang }, text), select);
  });
  const read = () => {
    if (selects.some(([, select]) => select.value === "")) return null;
    return Object.fromEntries(selects.map(([id, select]) => [id, select.value]));
  };
  return { node: el("ul", { class: "pairs", "aria-labelledby": `${name}-ask` }, rows), read };
}

function lineField({ say, response, name }, { unit = "", lang = null, inputmode = null }) {
  const id = `${name}-line`;
  const input = el("input", { class: "input", id, lang, inputmode, autocomplete: "off", maxlength: "500", value: response ?? "" });
  const node = el(
    "div",
    { class: "field" },
    el("label", { for: id }, say("type_answer")),
    el("div", { class: "answer-line" }, input, unit && el("span", { class: "answer-unit" }, unit)),
  );
  return { node, read: () => (input.value.trim() === "" ? null : input.value.trim()) };
}

function clozeFields({ item, language, say, response, name }) {
  const inputs = new Map();
  const pieces = clozePieces(item, language).map((piece) => {
    if (typeof piece === "string") return piece;
    const input = el("input", {
      class: "input",
      id: `${name}-${piece.gap}`,
      "aria-label": say("gap", { number: inputs.size + 1 }),
      autocomplete: "off",
      maxlength: "200",
      value: response?.[piece.gap] ?? "",
    });
    inputs.set(piece.gap, input);
    return input;
  });
  const lang = typeof item.text === "string" ? item.lang : null;
  const read = () => {
    const answers = [...inputs].map(([id, input]) => [id, input.value.trim()]);
    return answers.some(([, answer]) => answer === "") ? null : Object.fromEntries(answers);
  };
  return { node: el("p", { class: "gapped", lang, role: "group", "aria-labelledby": `${name}-ask` }, pieces), read };
}
