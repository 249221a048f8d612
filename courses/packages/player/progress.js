// What counts in a course: lessons finished, quizzes drawn and passed, the score and status that follow. Pure.

import { hash32 } from "./bits.js";
import { drawKey } from "./state.js";

const ROUNDING = 1e-9;

export const Status = Object.freeze({ INCOMPLETE: "incomplete", COMPLETED: "completed", PASSED: "passed", FAILED: "failed" });

/** The steps of a lesson; every language has as many. */
export function stepCount(lesson) {
  return Object.values(lesson.steps)[0].length;
}

/** The item ids placed in a lesson. */
export function interactionsOf(lesson) {
  const steps = Object.values(lesson.steps)[0];
  return steps.flatMap((step) => step.blocks.filter((block) => block.item).map((block) => block.item));
}

/** {steps opened, of, answered, asked, done}. */
export function lessonProgress(state, lesson) {
  const of = stepCount(lesson);
  const asked = interactionsOf(lesson);
  const entry = state.lessons.get(lesson.id);
  if (entry?.done) return { opened: of, of, answered: asked.length, asked: asked.length, done: true };
  const answered = asked.filter((id) => entry?.right.has(id)).length;
  const opened = [...(entry?.opened ?? [])].filter((step) => step < of).length;
  return { opened, of, answered, asked: asked.length, done: opened === of && answered === asked.length };
}

export function lessonsDone(state, module) {
  return module.lessons.every((lesson) => lessonProgress(state, lesson).done);
}

export function hasQuiz(module) {
  return module.quizLength > 0 && module.items.length > 0;
}

/** Whether nothing of a module is left to do. */
export function moduleDone(state, module) {
  if (!lessonsDone(state, module)) return false;
  return !hasQuiz(module) || (state.quizzes.get(module.id)?.passed ?? false);
}

/** The modules of this package that must be done first. */
export function missingModules(state, course, module) {
  return course.modules.filter((other) => module.requires.includes(other.id) && !moduleDone(state, other));
}

/** The items of an attempt at a module's quiz: one a point first, in an order that the seed decides. */
export function drawQuiz(course, module, seed) {
  const byPoint = new Map();
  for (const id of shuffled(module.items, seed)) {
    const { point } = course.items[id];
    if (!byPoint.has(point)) byPoint.set(point, []);
    byPoint.get(point).push(id);
  }
  const drawn = [];
  for (let round = 0; drawn.length < Math.min(module.quizLength, module.items.length); round += 1) {
    for (const ids of byPoint.values()) if (ids[round] !== undefined) drawn.push(ids[round]);
  }
  return drawn.slice(0, module.quizLength);
}

/** The open attempt of a module's quiz, {draw: item ids, outcomes}; a draw that is no longer the same begins anew. */
export function openQuiz(state, course, module, learner) {
  const entry = state.quizzes.get(module.id) ?? { attempts: 0, best: 0, passed: false, open: null };
  const draw = drawQuiz(course, module, `${learner}|${module.id}|${entry.attempts}`);
  const isSame = entry.open !== null && entry.open.draw === drawKey(draw) && entry.open.outcomes.length === draw.length;
  const outcomes = isSame ? entry.open.outcomes : draw.map(() => null);
  return { entry, draw, outcomes };
}

/** The mean score 0..1 of a quiz, and whether it reaches the mark. */
export function quizResult(module, outcomes) {
  const score = outcomes.reduce((sum, one) => sum + (one ?? 0), 0) / outcomes.length;
  return { score, passed: score >= module.passMark - ROUNDING };
}

/**
 * What an LMS should be told: {status, score 0..1 or null}.
 * A score is told only when it agrees with the status, since an LMS compares it with the mastery score itself:
 * leaving in the middle must not count as failed.
 */
export function standing(state, course) {
  const quizzes = course.modules.filter(hasQuiz);
  const entries = quizzes.map((module) => state.quizzes.get(module.id)).filter((entry) => entry && entry.attempts > 0);
  const isDone = course.modules.every((module) => moduleDone(state, module));
  const isTaken = quizzes.length > 0 && entries.length === quizzes.length;
  const mean = isTaken ? entries.reduce((sum, entry) => sum + entry.best, 0) / entries.length : null;
  if (isDone) return { status: isTaken ? Status.PASSED : Status.COMPLETED, score: mean };
  return { status: Status.INCOMPLETE, score: mean !== null && mean < course.mastery - ROUNDING ? mean : null };
}

/** The share of the course that is done, 0..1: each step, interaction and quiz counts one. */
export function share(state, course) {
  let done = 0;
  let all = 0;
  for (const module of course.modules) {
    for (const lesson of module.lessons) {
      const { opened, of, answered, asked } = lessonProgress(state, lesson);
      done += opened + answered;
      all += of + asked;
    }
    if (hasQuiz(module)) {
      all += 1;
      done += state.quizzes.get(module.id)?.passed ? 1 : 0;
    }
  }
  return all === 0 ? 1 : done / all;
}

/** The parts in an order that the seed decides; `avoidOwn`: never in the order they came in. */
export function shuffled(parts, seed, { avoidOwn = false } = {}) {
  const keyed = parts.map((part, at) => ({ part, at, key: hash32(`${seed}|${at}`) }));
  keyed.sort((a, b) => a.key - b.key || a.at - b.at);
  const order = keyed.map(({ part }) => part);
  const isOwn = keyed.every(({ at }, place) => at === place);
  return avoidOwn && isOwn && order.length > 1 ? [...order.slice(1), order[0]] : order;
}
