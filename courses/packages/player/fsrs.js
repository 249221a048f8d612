// The memory model: FSRS-6 on study days, without fuzz. Twin of quizzes/fsrs.py; pure, for browser and Node.
// Times are Unix milliseconds; a zone is an IANA name, or minutes east of UTC. The log is replayed in time order.

export const ALGORITHM = "FSRS-6";

export const Rating = Object.freeze({ AGAIN: 1, HARD: 2, GOOD: 3, EASY: 4 });
export const State = Object.freeze({ LEARNING: "learning", REVIEW: "review", RELEARNING: "relearning" });

const MINUTE = 60_000;
const DAY = 86_400_000;
const DAY_STARTS = 4 * 3_600_000; // a study day begins at 04:00
const STABILITY_MIN = 0.001;
const STABILITY_MAX = 36_500;
const DIFFICULTY_MIN = 1;
const DIFFICULTY_MAX = 10;
const RECALL_AT_STABILITY = 0.9;

export const DEFAULT = Object.freeze({
  version: "fsrs-6-default",
  weights: Object.freeze([
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
    1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
  ]),
  desiredRetention: 0.9,
  learningSteps: Object.freeze([MINUTE, 10 * MINUTE]),
  relearningSteps: Object.freeze([10 * MINUTE]),
  maximumInterval: 36_500,
});

/** The study day (days since 1970-01-01) of an instant in the learner's zone. */
export function studyDay(at, zone) {
  return Math.floor((at + offsetAt(at, zone) - DAY_STARTS) / DAY);
}

/** The instant at which a study day begins in the zone. */
export function dayStart(day, zone) {
  const wall = day * DAY + DAY_STARTS;
  const before = offsetAt(wall - DAY, zone);
  const after = offsetAt(wall + DAY, zone);
  const early = wall - before;
  const late = wall - after;
  // Where the clock changes near 04:00: the earlier of two such times; a skipped one by the offset before.
  if (offsetAt(early, zone) === before || offsetAt(late, zone) !== after) return early;
  return late;
}

/** The memory after a review at `at` on study day `day`; `memory` is null for a new card. */
export function review(memory, rating, { at, day, zone, parameters = DEFAULT }) {
  if (![1, 2, 3, 4].includes(rating)) throw new RangeError(`no such rating: ${rating}`);
  const { stability, difficulty } = nextValues(memory, rating, day, parameters);
  const { state, step, wait } = nextStep(memory, rating, parameters);
  const lastDay = memory === null ? day : Math.max(day, memory.lastDay);
  const due = wait === null ? dayStart(lastDay + intervalDays(stability, parameters), zone) : at + wait;
  return { state, step, stability, difficulty, due, lastDay };
}

/** The memory after a whole log of {id, at, day, rating}, in whatever order it came; null for an empty log. */
export function replay(log, { zone, parameters = DEFAULT }) {
  let memory = null;
  for (const { at, day, rating } of inOrder(log)) memory = review(memory, rating, { at, day, zone, parameters });
  return memory;
}

/** The log by time; a line that came twice (same id) counts once. */
export function inOrder(log) {
  const sorted = [...log].sort(
    (a, b) => a.at - b.at || a.day - b.day || compareText(a.id, b.id) || a.rating - b.rating,
  );
  const kept = new Map();
  for (const line of sorted) if (!kept.has(line.id)) kept.set(line.id, line);
  return [...kept.values()];
}

/** The predicted chance of recall (0..1) on a study day. */
export function retrievability(memory, { day, parameters = DEFAULT }) {
  return recallAfter(Math.max(0, day - memory.lastDay), memory.stability, parameters);
}

/** The whole days after which recall has fallen to the desired retention. */
export function intervalDays(stability, parameters = DEFAULT) {
  const decay = -parameters.weights[20];
  const ideal = (stability / factorOf(parameters)) * (Math.pow(parameters.desiredRetention, 1 / decay) - 1);
  return Math.min(Math.max(Math.floor(ideal + 0.5), 1), parameters.maximumInterval);
}

// Steps

function nextStep(memory, rating, parameters) {
  const graduated = { state: State.REVIEW, step: 0, wait: null };
  const state = memory === null ? State.LEARNING : memory.state;
  if (state === State.REVIEW) {
    const again = parameters.relearningSteps;
    if (rating === Rating.AGAIN && again.length > 0) return { state: State.RELEARNING, step: 0, wait: again[0] };
    return graduated;
  }
  const steps = state === State.LEARNING ? parameters.learningSteps : parameters.relearningSteps;
  const step = memory === null ? 0 : memory.step;
  if (steps.length === 0) return graduated;
  if (rating === Rating.AGAIN) return { state, step: 0, wait: steps[0] };
  if (rating === Rating.EASY || step >= steps.length) return graduated;
  if (rating === Rating.HARD) return { state, step, wait: hardWait(step, steps) };
  if (step + 1 === steps.length) return graduated;
  return { state, step: step + 1, wait: steps[step + 1] };
}

function hardWait(step, steps) {
  if (step > 0) return steps[step];
  return steps.length === 1 ? steps[0] * 1.5 : (steps[0] + steps[1]) / 2;
}

// Formulas, as in quizzes/fsrs.py

function nextValues(memory, rating, day, parameters) {
  const w = parameters.weights;
  if (memory === null) {
    return { stability: clampStability(w[rating - 1]), difficulty: clampDifficulty(firstDifficulty(rating, w)) };
  }
  const elapsed = Math.max(0, day - memory.lastDay);
  const recall = recallAfter(elapsed, memory.stability, parameters);
  let stability;
  if (elapsed === 0) stability = sameDayStability(memory.stability, rating, w);
  else if (rating === Rating.AGAIN) stability = forgetStability(memory, recall, w);
  else stability = recallStability(memory, rating, recall, w);
  return {
    stability: clampStability(stability),
    difficulty: clampDifficulty(nextDifficulty(memory.difficulty, rating, w)),
  };
}

function recallAfter(elapsed, stability, parameters) {
  return Math.pow(1 + (factorOf(parameters) * elapsed) / stability, -parameters.weights[20]);
}

function factorOf(parameters) {
  return Math.pow(RECALL_AT_STABILITY, -1 / parameters.weights[20]) - 1;
}

function firstDifficulty(rating, w) {
  return w[4] - Math.exp(w[5] * (rating - 1)) + 1;
}

function nextDifficulty(difficulty, rating, w) {
  const damped = difficulty - (w[6] * (rating - 3) * (10 - difficulty)) / 9;
  return w[7] * firstDifficulty(Rating.EASY, w) + (1 - w[7]) * damped;
}

function sameDayStability(stability, rating, w) {
  const factor = Math.exp(w[17] * (rating - 3 + w[18])) * Math.pow(stability, -w[19]);
  return stability * (rating === Rating.AGAIN ? factor : Math.max(factor, 1));
}

function recallStability(memory, rating, recall, w) {
  const hard = rating === Rating.HARD ? w[15] : 1;
  const easy = rating === Rating.EASY ? w[16] : 1;
  const growth = Math.exp(w[8]) * (11 - memory.difficulty) * Math.pow(memory.stability, -w[9]);
  return memory.stability * (1 + growth * (Math.exp((1 - recall) * w[10]) - 1) * hard * easy);
}

function forgetStability(memory, recall, w) {
  const longTerm =
    w[11] *
    Math.pow(memory.difficulty, -w[12]) *
    (Math.pow(memory.stability + 1, w[13]) - 1) *
    Math.exp((1 - recall) * w[14]);
  return Math.min(longTerm, memory.stability / Math.exp(w[17] * w[18]));
}

function clampStability(stability) {
  return Math.min(Math.max(stability, STABILITY_MIN), STABILITY_MAX);
}

function clampDifficulty(difficulty) {
  return Math.min(Math.max(difficulty, DIFFICULTY_MIN), DIFFICULTY_MAX);
}

// Zones

const formatters = new Map();

/** Milliseconds east of UTC at an instant. */
function offsetAt(at, zone) {
  if (typeof zone === "number") return zone * MINUTE;
  const part = {};
  for (const { type, value } of formatterOf(zone).formatToParts(at)) part[type] = Number(value);
  const wall = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return wall - Math.floor(at / 1000) * 1000;
}

function formatterOf(zone) {
  if (!formatters.has(zone)) {
    const options = { timeZone: zone, calendar: "gregory", numberingSystem: "latn", hourCycle: "h23" };
    for (const part of ["month", "day", "hour", "minute", "second"]) options[part] = "2-digit";
    formatters.set(zone, new Intl.DateTimeFormat("en-US", { ...options, year: "numeric" }));
  }
  return formatters.get(zone);
}

function compareText(a, b) {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
