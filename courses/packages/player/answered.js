// A question that was answered: what was given, what is right, and why. One function a type.

import { choiceWords, clozePieces, matchOptions, servedChoices, worded } from "./answering.js";
import { el, icon } from "./elements.js";
import { correctResponse, grade } from "./grading.js";
import { reading } from "./words.js";

/** view: {item, language, say, seed, response}. */
export function answeredParts(view) {
  switch (view.item.type) {
    case "single":
    case "listen":
    case "multiple":
      return choices(view);
    case "order":
      return order(view);
    case "match":
      return pairs(view);
    case "cloze":
      return gaps(view);
    default:
      return line(view);
  }
}

/** Why the parts that are wrong are wrong, without what is right: [{text, lang, why}]. */
export function reasons({ item, language, response }) {
  const given = Array.isArray(response) ? response : [response];
  switch (item.type) {
    case "single":
    case "listen":
    case "multiple":
      return item.choices
        .filter((choice) => given.includes(choice.id) && !choice.right && choice.why)
        .map((choice) => ({ ...choiceWords(item, choice, language), why: reading(choice.why, language) }));
    case "match":
      return wrongParts(item.pairs, item, response)
        .filter((pair) => pair.why)
        .map((pair) => ({ ...worded(pair.left, pair.lang ?? item.lang, language), why: reading(pair.why, language) }));
    case "cloze":
      return wrongParts(item.gaps, item, response)
        .filter((gap) => gap.why)
        .map((gap) => ({ text: response[gap.id] ?? "", lang: null, why: reading(gap.why, language) }));
    default:
      return [];
  }
}

function wrongParts(parts, item, response) {
  const { parts: handled } = grade(item, response);
  return parts.filter((part) => !handled[part.id]);
}

function choices({ item, language, say, seed, response }) {
  const given = Array.isArray(response) ? response : [response];
  const rows = servedChoices(item, seed).map((choice, at) => {
    const { text, lang } = choiceWords(item, choice, language);
    const isGiven = given.includes(choice.id);
    const kind = choice.right ? "right" : isGiven ? "wrong" : "quiet";
    const badge = isGiven
      ? verdict(choice.right, say("yours"))
      : choice.right && el("span", { class: "badge badge-success" }, icon("check"), say("right_answer"));
    const isShown = choice.why && (isGiven || choice.right);
    return el(
      "li",
      { class: `choice choice-${kind}` },
      el("span", { class: "choice-key", "aria-hidden": "true" }, String(at + 1)),
      el("span", { lang }, text),
      badge,
      isShown && el("span", { class: "choice-why" }, reading(choice.why, language)),
    );
  });
  return el("ol", { class: "choices" }, rows);
}

function order({ item, language, say, response }) {
  const rows = item.choices.map((choice, at) => {
    const { text, lang } = choiceWords(item, choice, language);
    const given = response.indexOf(choice.id);
    const isRight = given === at;
    return el(
      "li",
      { class: isRight ? "order-right" : "order-wrong" },
      el("span", { class: "order-place" }, String(at + 1)),
      el("span", { lang }, text),
      verdict(isRight, say("your_answer", { answer: given + 1 })),
      choice.why && el("span", { class: "choice-why" }, reading(choice.why, language)),
    );
  });
  return el("ol", { class: "order" }, rows);
}

function pairs({ item, language, say, seed, response }) {
  const { parts } = grade(item, response);
  const options = matchOptions(item, seed, language);
  const rows = item.pairs.map((pair) => {
    const left = worded(pair.left, pair.lang ?? item.lang, language);
    const right = worded(pair.right, pair.lang ?? item.lang, language);
    const given = options.find((option) => option.id === response[pair.id]);
    return el(
      "li",
      { class: parts[pair.id] ? "order-right" : "order-wrong" },
      el("span", { class: "pair-left", lang: left.lang }, left.text),
      el(
        "span",
        {},
        el("span", { lang: right.lang }, right.text),
        " ",
        parts[pair.id] ? verdict(true, say("yours")) : given && verdict(false, say("your_answer", { answer: given.text })),
      ),
      pair.why && el("span", { class: "choice-why" }, reading(pair.why, language)),
    );
  });
  return el("ul", { class: "pairs" }, rows);
}

function gaps({ item, language, response }) {
  const { parts } = grade(item, response);
  const right = correctResponse(item, { lang: typeof item.text === "string" ? item.lang : language });
  const lang = typeof item.text === "string" ? item.lang : null;
  const pieces = clozePieces(item, language).map((piece) => {
    if (typeof piece === "string") return piece;
    const given = response[piece.gap];
    if (parts[piece.gap]) return el("ins", { class: "gap-right" }, given);
    return el("span", {}, el("del", { class: "gap-wrong" }, given), " ", el("ins", { class: "gap-right" }, right[piece.gap]));
  });
  const whys = item.gaps.filter((gap) => gap.why).map((gap) => el("li", {}, reading(gap.why, language)));
  return el("div", {}, el("p", { class: "gapped gapped-done", lang }, pieces), whys.length > 0 && el("ul", { class: "whys" }, whys));
}

function line({ item, language, say, response }) {
  const { correct } = grade(item, response);
  const unit = item.type === "numeric" ? reading(item.answer.unit, language) : "";
  const model = `${correctResponse(item, { lang: language })}${unit && unit !== "%" ? " " : ""}${unit}`;
  return el(
    "ul",
    { class: "pairs pairs-one" },
    el("li", { class: correct ? "order-right" : "order-wrong" }, verdict(correct, say("your_answer", { answer: response }))),
    !correct && el("li", { class: "order-right" }, verdict(true, say("model", { answer: model }))),
  );
}

function verdict(isRight, words) {
  return el("span", { class: isRight ? "badge badge-success" : "badge badge-danger" }, icon(isRight ? "check" : "cross"), words);
}
