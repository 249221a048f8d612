// An answer as SCORM 1.2 wants it (RTE 3.4.4, cmi.interactions): identifiers and answers of single characters.

import { correctResponse, plausibleNumbers } from "../grading.js";

const LONGEST = 255;
const CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** {id, type, response, pattern, result}; `response` is "" where it cannot be written. */
export function interaction12({ item, response, result, language }) {
  const right = correctResponse(item, { lang: language });
  return {
    id: item.id.slice(0, LONGEST),
    type: typeOf(item),
    response: written(item, response).slice(0, LONGEST),
    pattern: written(item, right).slice(0, LONGEST),
    result: result.correct ? "correct" : "wrong",
  };
}

function typeOf(item) {
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

function written(item, response) {
  switch (item.type) {
    case "single":
    case "listen":
      return character(item.choices, response);
    case "multiple": // in the item's own order, so that a report can compare it with the pattern
      return places(item.choices, item.choices.filter((choice) => response.includes(choice.id)).map((choice) => choice.id));
    case "order":
      return places(item.choices, response);
    case "match":
      return item.pairs
        .filter((pair) => pair.id in response)
        .map((pair) => `${character(item.pairs, pair.id)}.${character(item.pairs, response[pair.id])}`)
        .join(",");
    case "numeric":
      return decimal(response);
    case "short_text":
      return response;
    case "cloze":
      return item.gaps.map((gap) => response[gap.id] ?? "").join("; ");
    default:
      throw new RangeError(`no way to report ${item.type}`);
  }
}

function places(parts, ids) {
  return ids.map((id) => character(parts, id)).join(",");
}

/** The id where all ids of the item are single characters, else the place in the item. */
function character(parts, id) {
  if (parts.every((part) => part.id.length === 1 && CHARACTERS.includes(part.id))) return id;
  return CHARACTERS[parts.findIndex((part) => part.id === id)] ?? "";
}

/** A decimal number, or "" where what was typed is none: the type `numeric` allows nothing else. */
function decimal(typed) {
  const [number] = plausibleNumbers(typed);
  return number === undefined ? "" : String(Number(number.toFixed(7)));
}
