// Run the JavaScript twins on cases read from standard input, one JSON line of results out.
// Input: {"job": "golden" | "logs" | "days" | "grading" | "normalise" | "rating", "cases": [...], "items"?}.

import { readFileSync } from "node:fs";

const player = new URL("../../../courses/packages/player/", import.meta.url);
const fsrs = await import(new URL("fsrs.js", player));
const grading = await import(new URL("grading.js", player));
const rating = await import(new URL("rating.js", player));

const jobs = {
  golden: ({ cases }) => cases.map(({ zone, steps }) => walk(zone, steps)),
  logs: ({ cases }) => cases.map(({ zone, log }) => fsrs.replay(log, { zone })),
  days: ({ cases }) => cases.map(({ at, zone }) => daysAround(at, zone)),
  grading: ({ items, cases }) => cases.map(({ item, response }) => gradeOf(items[item], response)),
  facts: ({ items }) => items.map((item) => [grading.guess(item), grading.guess(item, { told: true }), rightGrade(item)]),
  normalise: ({ cases }) => cases.map(([text, lang]) => grading.normalise(text, lang)),
  rating: ({ cases }) => cases.map((answer) => [rating.rate(answer), rating.isMisconception(answer)]),
};

function walk(zone, steps) {
  let memory = null;
  return steps.map(([at, grade]) => {
    memory = fsrs.review(memory, grade, { at, day: fsrs.studyDay(at, zone), zone });
    return memory;
  });
}

function daysAround(at, zone) {
  const day = fsrs.studyDay(at, zone);
  return [day, fsrs.dayStart(day, zone)];
}

function gradeOf(item, response) {
  try {
    return grading.grade(item, response);
  } catch (error) {
    if (error instanceof grading.ResponseError) return { error: "ResponseError" };
    throw error;
  }
}

function rightGrade(item) {
  return grading.grade(item, grading.correctResponse(item)).correct;
}

const input = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(jobs[input.job](input)));
