// What a learner has done, as one short ASCII text for an LMS to keep, and back. Pure; sizes in state_size.py.
//
// Lessons, modules and items stand there by a hash of their id, never by position, so that an old text opens
// after the course was exported again; what is no longer in the course is left out. The exporter chooses a salt
// with which no two ids look the same. Stability and difficulty are rounded (by at most 1.7 % and 0.15), which
// moves an interval by about a day in thirty; days over two months ago to four days, and coarser further back.
//
//   "1" · header (salt, day, sequence, language) · lessons · quizzes · cards · checksum

import { BitReader, BitWriter, BrokenText, checksum, hash32 } from "./bits.js";
import { State } from "./fsrs.js";

export const VERSION = "1";

export const PART_BITS = 16; // of a lesson's or module's key
export const ITEM_BITS = 21;
export const INTERACTION_BITS = 10; // of an item's key inside its lesson

const SALT_BITS = 4;
const CHECKSUM_LENGTH = 4;
const DAY_BITS = 16;
const SEQUENCE_BITS = 16;
const LANGUAGE_BITS = 8;
const STEP_BITS = 5;
const MOST_STEPS = 31;
const COUNT_BITS = 4;
const MOST_INTERACTIONS = 15;
const ATTEMPT_BITS = 6;
const BEST_BITS = 10;
const BEST_PARTS = 1000;
const DRAW_BITS = 12;
const LENGTH_BITS = 5;
const OUTCOME_BITS = 5;
const OUTCOME_PARTS = 24; // halves, thirds, quarters, sixths and eighths are exact
const AGE_BITS = 6;
const AGE_UNITS = [1, 4, 16, 64]; // days
const STABILITY_BITS = 9;
const DIFFICULTY_BITS = 5;
const PLAN_BITS = 5;
const FRESH_BITS = 8;
const FRESH_BACK = 64; // a planned card may be this many days overdue, or 191 ahead
const STABILITY_LOW = Math.log(0.001);
const STABILITY_SPAN = Math.log(36_500) - STABILITY_LOW;
const KINDS = [null, State.LEARNING, State.REVIEW, State.RELEARNING];

/** The state of somebody who has not begun. */
export function emptyState() {
  return {
    day: 0,
    sequence: 0,
    language: null,
    lessons: new Map(), // id -> {opened: Set of step numbers, right: Set of item ids, done: then both are empty}
    quizzes: new Map(), // module id -> {attempts, best 0..1, passed, open: null | {draw, outcomes: [null | 0..1]}}
    cards: new Map(), // item id -> {memory: null | {state, step, stability, difficulty, lastDay}, planned: null | day}
  };
}

/** The text of a state, its ids hashed with a salt of 0 to 15. */
export function writeState(state, { salt = 0 } = {}) {
  const writer = new BitWriter();
  writer.write(salt, SALT_BITS);
  writer.write(Math.min(state.day, 2 ** DAY_BITS - 1), DAY_BITS);
  writer.write(state.sequence % 2 ** SEQUENCE_BITS, SEQUENCE_BITS);
  writer.write(state.language === null ? 0 : languageKey(state.language), LANGUAGE_BITS);
  writeEntries(writer, state.lessons, { bits: PART_BITS, salt }, (lesson) => writeLesson(writer, lesson, salt));
  writeEntries(writer, state.quizzes, { bits: PART_BITS, salt }, (quiz) => writeQuiz(writer, quiz));
  writeEntries(writer, state.cards, { bits: ITEM_BITS, salt }, (card) => writeCard(writer, card, state.day));
  const text = VERSION + writer.text();
  return text + checksum(text);
}

/**
 * The state of a text. Raises BrokenText. `known` are the ids that it may speak of: {lessons: Map of lesson id to
 * the ids of its interactions, items, modules, languages}.
 */
export function readState(text, known) {
  if (!text.startsWith(VERSION)) throw new BrokenText("of another version");
  const body = text.slice(0, -CHECKSUM_LENGTH);
  if (body.length < 1 || checksum(body) !== text.slice(-CHECKSUM_LENGTH)) throw new BrokenText("checksum differs");
  const reader = new BitReader(body.slice(VERSION.length));
  const salt = reader.read(SALT_BITS);
  const day = reader.read(DAY_BITS);
  const sequence = reader.read(SEQUENCE_BITS);
  const language = reader.read(LANGUAGE_BITS);
  return {
    day,
    sequence,
    language: known.languages.find((tag) => languageKey(tag) === language) ?? null,
    lessons: readEntries(reader, [...known.lessons.keys()], { bits: PART_BITS, salt }, (id) =>
      readLesson(reader, known.lessons.get(id) ?? [], salt),
    ),
    quizzes: readEntries(reader, known.modules, { bits: PART_BITS, salt }, () => readQuiz(reader)),
    cards: readEntries(reader, known.items, { bits: ITEM_BITS, salt }, () => readCard(reader, day)),
  };
}

/** The key that stands for an id in the text. */
export function idKey(id, { bits, salt }) {
  return hash32(`${salt} ${id}`) >>> (32 - bits);
}

/** A short mark of a list of ids, to see later whether it is still the same. */
export function drawKey(ids) {
  return hash32(ids.join(" ")) >>> (32 - DRAW_BITS);
}

function languageKey(tag) {
  return (hash32(tag) % (2 ** LANGUAGE_BITS - 1)) + 1;
}

// Entries: how many, their keys rising as Rice-coded gaps, then what belongs to each

function writeEntries(writer, entries, how, writeOne) {
  const sorted = [...entries].map(([id, value]) => [idKey(id, how), value]).sort((a, b) => a[0] - b[0]);
  writer.writeCount(sorted.length);
  const k = riceWidth(sorted.length, how.bits);
  let last = -1;
  for (const [key] of sorted) {
    writer.writeRice(Math.max(0, key - last - 1), k);
    last = key;
  }
  for (const [, value] of sorted) writeOne(value);
}

function readEntries(reader, ids, how, readOne) {
  const byKey = new Map(ids.map((id) => [idKey(id, how), id]));
  const count = reader.readCount();
  const k = riceWidth(count, how.bits);
  const keys = [];
  let last = -1;
  for (let at = 0; at < count; at += 1) {
    last += reader.readRice(k) + 1;
    keys.push(last);
  }
  const entries = new Map();
  for (const key of keys) {
    const value = readOne(byKey.get(key));
    if (byKey.has(key)) entries.set(byKey.get(key), value);
  }
  return entries;
}

function riceWidth(count, bits) {
  return Math.max(0, Math.floor(Math.log2(2 ** bits / (count + 1))));
}

// What belongs to each

function writeLesson(writer, { opened, right, done }, salt) {
  writer.write(done ? 1 : 0, 1);
  if (done) return;
  const last = Math.min(MOST_STEPS, Math.max(0, ...[...opened].map((step) => step + 1)));
  writer.write(last, STEP_BITS);
  for (let step = 0; step < last; step += 1) writer.write(opened.has(step) ? 1 : 0, 1);
  const ids = [...right].slice(0, MOST_INTERACTIONS);
  writer.write(ids.length, COUNT_BITS);
  for (const id of ids) writer.write(idKey(id, { bits: INTERACTION_BITS, salt }), INTERACTION_BITS);
}

function readLesson(reader, ids, salt) {
  if (reader.read(1) === 1) return { opened: new Set(), right: new Set(), done: true };
  const opened = new Set();
  const last = reader.read(STEP_BITS);
  for (let step = 0; step < last; step += 1) if (reader.read(1) === 1) opened.add(step);
  const right = new Set();
  for (let rest = reader.read(COUNT_BITS); rest > 0; rest -= 1) {
    const key = reader.read(INTERACTION_BITS);
    const id = ids.find((one) => idKey(one, { bits: INTERACTION_BITS, salt }) === key);
    if (id !== undefined) right.add(id);
  }
  return { opened, right, done: false };
}

function writeQuiz(writer, { attempts, best, passed, open }) {
  writer.write(Math.min(attempts, 2 ** ATTEMPT_BITS - 1), ATTEMPT_BITS);
  writer.write(Math.round(best * BEST_PARTS), BEST_BITS);
  writer.write(passed ? 1 : 0, 1);
  writer.write(open === null ? 0 : 1, 1);
  if (open === null) return;
  writer.write(open.draw, DRAW_BITS);
  writer.write(open.outcomes.length, LENGTH_BITS);
  for (const outcome of open.outcomes) {
    writer.write(outcome === null ? 0 : Math.round(outcome * OUTCOME_PARTS) + 1, OUTCOME_BITS);
  }
}

function readQuiz(reader) {
  const attempts = reader.read(ATTEMPT_BITS);
  const best = reader.read(BEST_BITS) / BEST_PARTS;
  const passed = reader.read(1) === 1;
  if (reader.read(1) === 0) return { attempts, best, passed, open: null };
  const draw = reader.read(DRAW_BITS);
  const outcomes = [];
  for (let rest = reader.read(LENGTH_BITS); rest > 0; rest -= 1) {
    const value = reader.read(OUTCOME_BITS);
    outcomes.push(value === 0 ? null : (value - 1) / OUTCOME_PARTS);
  }
  return { attempts, best, passed, open: { draw, outcomes } };
}

function writeCard(writer, { memory, planned }, day) {
  if (memory === null) {
    writer.write(0, 2);
    writer.write(within((planned ?? day) - day + FRESH_BACK, FRESH_BITS), FRESH_BITS);
    return;
  }
  writer.write(KINDS.indexOf(memory.state), 2);
  writeDay(writer, memory.lastDay, day);
  const stability = (Math.log(memory.stability) - STABILITY_LOW) / STABILITY_SPAN;
  writer.write(within(Math.round(stability * (2 ** STABILITY_BITS - 1)), STABILITY_BITS), STABILITY_BITS);
  const difficulty = (memory.difficulty - 1) / 9;
  writer.write(within(Math.round(difficulty * (2 ** DIFFICULTY_BITS - 1)), DIFFICULTY_BITS), DIFFICULTY_BITS);
  writer.write(planned === null ? 0 : 1, 1);
  if (planned !== null) writer.write(within(planned - memory.lastDay, PLAN_BITS), PLAN_BITS);
}

function readCard(reader, day) {
  const state = KINDS[reader.read(2)];
  if (state === null) return { memory: null, planned: day - FRESH_BACK + reader.read(FRESH_BITS) };
  const step = state === State.LEARNING ? 1 : 0; // the minutes of a learning step have passed
  const lastDay = readDay(reader, day);
  const stability = Math.exp((reader.read(STABILITY_BITS) / (2 ** STABILITY_BITS - 1)) * STABILITY_SPAN + STABILITY_LOW);
  const difficulty = 1 + (9 * reader.read(DIFFICULTY_BITS)) / (2 ** DIFFICULTY_BITS - 1);
  const planned = reader.read(1) === 1 ? lastDay + reader.read(PLAN_BITS) : null;
  return { memory: { state, step, stability, difficulty, lastDay }, planned };
}

/** A past day, in units that are coarser the longer ago it is; always rounded to the same days. */
function writeDay(writer, past, day) {
  const most = 2 ** AGE_BITS - 1;
  const fits = AGE_UNITS.findIndex((unit) => Math.floor(day / unit) - Math.floor(past / unit) <= most);
  const scale = fits < 0 ? AGE_UNITS.length - 1 : fits;
  const unit = AGE_UNITS[scale];
  writer.write(scale, 2);
  writer.write(within(Math.floor(day / unit) - Math.floor(past / unit), AGE_BITS), AGE_BITS);
}

function readDay(reader, day) {
  const unit = AGE_UNITS[reader.read(2)];
  const age = reader.read(AGE_BITS);
  return unit === 1 ? day - age : (Math.floor(day / unit) - age) * unit;
}

function within(value, width) {
  return Math.max(0, Math.min(2 ** width - 1, value));
}
