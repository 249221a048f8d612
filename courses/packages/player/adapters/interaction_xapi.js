// A question as an xAPI interaction activity, and an answer to it (xAPI 1.0.3 part 2, 2.4.4.1). Twin of
// lms/domain/interactions.py: the same ids and patterns, so that answers of both can be counted together.

import { choiceWords } from "../answering.js";
import { correctResponse } from "../grading.js";
import { itemIri } from "./iris.js";
import { range, typeOf, written } from "./interaction2004.js";

const INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction";
const MOST_PATTERNS = 40;

/** The object of a statement about an item. */
export function interactionActivity(item, course) {
  const type = typeOf(item);
  const definition = {
    type: INTERACTION,
    name: course.points[item.point]?.title ?? {},
    description: { ...item.stem },
    interactionType: type,
    correctResponsesPattern: patterns(item),
  };
  if (type === "choice" || type === "sequencing") definition.choices = choices(item, course);
  if (type === "matching") Object.assign(definition, { source: side(item, "left"), target: side(item, "right") });
  return { objectType: "Activity", id: itemIri(course, item.id), definition };
}

export function xapiResponse(item, response) {
  if (item.type !== "match") return written(item, response);
  return item.pairs
    .filter((pair) => pair.id in response)
    .map((pair) => `${pair.id}[.]${response[pair.id]}`)
    .join("[,]");
}

function patterns(item) {
  switch (item.type) {
    case "numeric":
      return [range(item.answer)];
    case "short_text":
      return Object.entries(item.accepted)
        .flatMap(([lang, answers]) => answers.map((answer) => `{case_matters=false}{lang=${lang}}${answer}`))
        .slice(0, MOST_PATTERNS);
    case "cloze":
      return clozePatterns(item);
    default:
      return [xapiResponse(item, correctResponse(item))];
  }
}

/** One pattern a language, of the model answers: all combinations would be too many. */
function clozePatterns(item) {
  const languages = [...new Set(item.gaps.flatMap((gap) => Object.keys(gap.accepted)))];
  return languages
    .filter((lang) => item.gaps.every((gap) => lang in gap.accepted))
    .map((lang) => `{case_matters=false}{lang=${lang}}${item.gaps.map((gap) => gap.accepted[lang][0]).join("[,]")}`);
}

function choices(item, course) {
  return item.choices.map((choice) => {
    if (typeof choice.text === "object" && choice.text !== null) return { id: choice.id, description: { ...choice.text } };
    const { text, lang } = choiceWords(item, choice, course.languages[0]);
    return { id: choice.id, description: { [lang ?? "und"]: text } };
  });
}

function side(item, name) {
  return item.pairs.map((pair) => {
    const words = pair[name];
    return { id: pair.id, description: typeof words === "string" ? { [pair.lang ?? item.lang ?? "und"]: words } : { ...words } };
  });
}
