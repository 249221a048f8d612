// An answer as SCORM 2004 wants it (RTE 4.2.9): ids as IRIs, parts joined by [,] and [.], and the question's words.

import { correctResponse, plausibleNumbers } from "../grading.js";
import { reading } from "../words.js";
import { itemIri } from "./iris.js";

const LONGEST_DESCRIPTION = 250;
const LONGEST_GAP = 250;
const HALF_A_CHARACTER = /[\ud800-\udbff]$/;

/** {id, type, description, response, pattern, result}; `response` is "" where it cannot be written. */
export function interaction2004({ item, response, result, language }, course) {
  return {
    id: itemIri(course, item.id),
    type: typeOf(item),
    description: described(item, language),
    response: written(item, response),
    pattern: item.type === "numeric" ? range(item.answer) : written(item, correctResponse(item, { lang: language })),
    result: result.correct ? "correct" : "incorrect",
  };
}

export function typeOf(item) {
  switch (item.type) {
    case "order":
      return "sequencing";
    case "match":
      return "matching";
    case "numeric":
      return "numeric";
    case "short_text":
    case "cloze":
      return "fill-in";
    default:
      return "choice";
  }
}

/** The question in one line, of the language that it was asked in. */
export function asked(item, language) {
  const text = reading(item.stem, language) || reading(item.text, language) || item.id;
  return text.replace(/\s+/g, " ").trim();
}

/** Parts joined as xAPI and SCORM 2004 both write them; typed words without the signs that join. */
export function written(item, response) {
  switch (item.type) {
    case "single":
    case "listen":
      return response;
    case "multiple": // in the item's own order, so that a report can compare it with the pattern
      return item.choices.map((choice) => choice.id).filter((id) => response.includes(id)).join("[,]");
    case "order":
      return response.join("[,]");
    case "match":
      return item.pairs
        .filter((pair) => pair.id in response)
        .map((pair) => `${pair.id}[.]${item.pairs.findIndex((other) => other.id === response[pair.id]) + 1}`)
        .join("[,]");
    case "numeric":
      return decimal(plausibleNumbers(response)[0]);
    case "short_text":
      return plain(response);
    case "cloze":
      return item.gaps.map((gap) => plain(response[gap.id] ?? "")).join("[,]");
    default:
      throw new RangeError(`no way to report ${item.type}`);
  }
}

/** All numbers that are right: `least[:]most`. */
export function range({ value, tolerance = 0 }) {
  return `${decimal(value - tolerance)}[:]${decimal(value + tolerance)}`;
}

function described(item, language) {
  // A text that begins with a brace would be read as its language or as a matching rule.
  const text = asked(item, language).replace(/^\{/, "(");
  return `{lang=${language}}${text.slice(0, LONGEST_DESCRIPTION).replace(HALF_A_CHARACTER, "")}`;
}

function plain(typed) {
  return typed.replace(/\[([,.:])\]/g, "$1").replace(/\s+/g, " ").trim().replace(/^\{/, "(").slice(0, LONGEST_GAP).replace(HALF_A_CHARACTER, "");
}

function decimal(number) {
  return number === undefined ? "" : String(Number(number.toFixed(7)));
}
