// Runs the player's pure modules on a job given as JSON; random states come from a seed.

import { hash32 } from "../../../../courses/packages/player/bits.js";
import { dueDay, dueItems, planPoint, reviewCard } from "../../../../courses/packages/player/cards.js";
import {
  INTERACTION_BITS,
  ITEM_BITS,
  PART_BITS,
  drawKey,
  emptyState,
  idKey,
  readState,
  writeState,
} from "../../../../courses/packages/player/state.js";
import { timespan } from "../../../../courses/packages/player/adapters/scorm12.js";
import { interaction12 } from "../../../../courses/packages/player/adapters/interaction12.js";
import { interaction2004 } from "../../../../courses/packages/player/adapters/interaction2004.js";
import { interactionActivity, xapiResponse } from "../../../../courses/packages/player/adapters/interaction_xapi.js";
import { agentOf } from "../../../../courses/packages/player/adapters/tincan.js";
import { merge } from "../../../../courses/packages/player/merging.js";
import { duration, timestamp } from "../../../../courses/packages/player/adapters/scorm2004.js";
import { recordKeeping } from "./keeping.mjs";
import { runtime2004 } from "./runtime2004.mjs";
import { findApi } from "../../../../courses/packages/player/adapters/api_search.js";
import { grade, correctResponse } from "../../../../courses/packages/player/grading.js";
import { drawQuiz, standing } from "../../../../courses/packages/player/progress.js";

const STATES = ["learning", "review", "relearning"];

const JOBS = {
  keys: ({ ids, bits, salt }) => ids.map((id) => idKey(id, { bits, salt })),
  hashes: ({ texts }) => texts.map(hash32),
  roundTrips,
  largest,
  broken,
  reexport,
  timespans: ({ times }) => times.map(timespan),
  interactions: ({ items, language }) =>
    items.map((item) => {
      const response = correctResponse(item, { lang: language });
      return interaction12({ item, response, result: grade(item, response), language });
    }),
  interactions2004: ({ course, items, language }) =>
    items.map((item) => {
      const response = correctResponse(item, { lang: language });
      return interaction2004({ item, response, result: grade(item, response), language }, course);
    }),
  activities: ({ course, items, language }) =>
    items.map((item) => ({
      object: interactionActivity(item, course),
      response: xapiResponse(item, correctResponse(item, { lang: language })),
    })),
  merged,
  runtime2004,
  recordKeeping,
  agents: ({ texts }) => texts.map(agentOf),
  durations: ({ times }) => times.map(duration),
  moments: ({ times }) => times.map(timestamp),
  cards,
  search,
  draws: ({ course, seeds }) => seeds.map((seed) => drawQuiz(course, course.modules[0], seed)),
  standings: ({ course, entries }) =>
    entries.map(({ done, quizzes }) => {
      const state = emptyState();
      for (const id of done) state.lessons.set(id, { opened: new Set(), right: new Set(), done: true });
      for (const [id, quiz] of Object.entries(quizzes)) state.quizzes.set(id, { open: null, ...quiz });
      return standing(state, course);
    }),
};

/** Two states of one learner as one. */
function merged() {
  const memory = (lastDay) => ({ memory: { lastDay }, planned: null });
  const open = { draw: 1, outcomes: [1, null] };
  const mine = {
    ...emptyState(),
    sequence: 7,
    lessons: new Map([["a", { opened: new Set([0]), right: new Set(), done: false }], ["b", { opened: new Set([0, 1]), right: new Set(["x"]), done: false }]]),
    quizzes: new Map([["m", { attempts: 1, best: 0.9, passed: false, open }]]),
    cards: new Map([["p", memory(30)], ["q", memory(20)]]),
  };
  const other = {
    ...emptyState(),
    sequence: 4,
    lessons: new Map([["a", { opened: new Set(), right: new Set(), done: true }], ["b", { opened: new Set([0, 2]), right: new Set(["y"]), done: false }]]),
    quizzes: new Map([["m", { attempts: 2, best: 0.8, passed: true, open: null }]]),
    cards: new Map([["p", memory(29)], ["q", memory(21)], ["r", memory(5)]]),
  };
  const both = merge(mine, other);
  const plain = ({ opened, right, done }) => (done ? { done } : { opened: [...opened].sort(), right: [...right].sort(), done });
  return {
    lessons: Object.fromEntries([...both.lessons].sort().map(([id, one]) => [id, plain(one)])),
    quizzes: Object.fromEntries(both.quizzes),
    cards: Object.fromEntries([...both.cards].sort().map(([id, one]) => [id, one.memory.lastDay])),
    sequence: both.sequence,
  };
}

/** Random states: what comes back must be what went in, as far as it is kept. */
function roundTrips({ seed, count }) {
  const random = mulberry(seed);
  const faults = [];
  for (let run = 0; run < count; run += 1) {
    const { state, known } = randomState(random);
    const salt = saltFor(known);
    const text = writeState(state, { salt });
    if (!/^1[A-Za-z0-9_-]*$/.test(text)) faults.push(`run ${run}: not plain: ${text}`);
    const back = readState(text, known);
    const again = writeState(back, { salt });
    if (JSON.stringify(shape(back)) !== JSON.stringify(shape(readState(again, known)))) faults.push(`run ${run}: drifts`);
    faults.push(...differences(state, back).map((fault) => `run ${run}: ${fault}`));
  }
  return faults;
}

function differences(state, back) {
  const faults = [];
  for (const part of ["day", "language"]) if (state[part] !== back[part]) faults.push(part);
  if (state.sequence % 65536 !== back.sequence) faults.push("sequence");
  for (const [id, lesson] of state.lessons) {
    const other = back.lessons.get(id);
    const same = other && other.done === lesson.done && [...lesson.opened].every((step) => other.opened.has(step));
    if (!same || other.opened.size !== lesson.opened.size || ![...lesson.right].every((one) => other.right.has(one))) {
      faults.push(`lesson ${id}`);
    }
  }
  for (const [id, quiz] of state.quizzes) {
    if (JSON.stringify(quiz) !== JSON.stringify(back.quizzes.get(id))) faults.push(`quiz ${id}`);
  }
  if (state.cards.size !== back.cards.size) faults.push("count of cards");
  for (const [id, card] of state.cards) {
    const other = back.cards.get(id);
    if (!other || (card.memory === null) !== (other.memory === null)) faults.push(`card ${id}`);
    else if (card.memory === null ? card.planned !== other.planned : !near(card, other, state.day)) faults.push(`card ${id}`);
  }
  return faults;
}

function near(card, other, day) {
  const one = card.memory;
  const two = other.memory;
  const age = day - one.lastDay;
  const room = age <= 63 ? 0 : age <= 250 ? 4 : age <= 1000 ? 16 : 64;
  return (
    one.state === two.state &&
    Math.abs(Math.log(one.stability / two.stability)) < 0.018 &&
    Math.abs(one.difficulty - two.difficulty) < 0.16 &&
    two.lastDay <= one.lastDay &&
    one.lastDay - two.lastDay <= room &&
    (card.planned === null) === (other.planned === null) &&
    (card.planned === null || card.planned - one.lastDay === other.planned - two.lastDay)
  );
}

/** The length of the largest state of a course of this size, over some random ids. */
function largest({ steps, interactions, quizzes, cards: count, seeds }) {
  let longest = 0;
  for (const seed of seeds) {
    const state = emptyState();
    state.day = 20_000;
    steps.forEach((of, at) => {
      const right = new Set(at === 0 ? [] : []);
      state.lessons.set(`lesson-${seed}-${at}`, { opened: new Set([...Array(of).keys()]), right, done: false });
    });
    const lessons = [...state.lessons.values()];
    for (let at = 0; at < interactions; at += 1) lessons[at % lessons.length].right.add(`interaction-${seed}-${at}`);
    quizzes.forEach((length, at) => {
      const open = { draw: 5, outcomes: Array(length).fill(1) };
      state.quizzes.set(`module-${seed}-${at}`, { attempts: 63, best: 1, passed: true, open });
    });
    for (let at = 0; at < count; at += 1) {
      const memory = { state: "review", step: 0, stability: 300, difficulty: 9, lastDay: 19_990 };
      state.cards.set(`item-${seed}-${at}`, { memory, planned: 20_002 });
    }
    longest = Math.max(longest, writeState(state).length);
  }
  return longest;
}

/** Texts that were spoilt: how many of them were read all the same. */
function broken({ seed, count }) {
  const random = mulberry(seed);
  let read = 0;
  for (let run = 0; run < count; run += 1) {
    const { state, known } = randomState(random);
    const text = writeState(state);
    const at = Math.floor(random() * text.length);
    const other = "ABCDEFGHIJ"[Math.floor(random() * 10)];
    const spoilt = random() < 0.5 ? text.slice(0, at) : text.slice(0, at) + other + text.slice(at + 1);
    if (spoilt === text) continue;
    try {
      readState(spoilt, known);
      read += 1;
    } catch (error) {
      if (error.constructor.name !== "BrokenText") throw error;
    }
  }
  return read;
}

/** A state of a course in which parts were then removed, added and moved: what is left of it. */
function reexport({ salt }) {
  const state = emptyState();
  state.day = 20_000;
  state.lessons.set("kept", { opened: new Set([0, 2]), right: new Set(["kept-1"]), done: false });
  state.lessons.set("gone", { opened: new Set([1]), right: new Set(["gone-1"]), done: false });
  const memory = { state: "review", step: 0, stability: 10, difficulty: 5, lastDay: 19_999 };
  for (const id of ["old-1", "old-2", "old-3"]) state.cards.set(id, { memory, planned: null });
  const known = {
    lessons: new Map([["new", []], ["kept", ["kept-0", "kept-1"]]]),
    items: ["old-3", "new-1", "old-1"],
    modules: [],
    languages: ["en"],
  };
  const back = readState(writeState(state, { salt }), known);
  const lesson = back.lessons.get("kept");
  return { lessons: [...back.lessons.keys()], steps: [...lesson.opened], right: [...lesson.right], cards: [...back.cards.keys()].sort() };
}

/** Days of a point's cards: [{answered: [item, day, correct]}] -> due days after each. */
function cards({ items, answers, planDays }) {
  const state = new Map();
  const byId = Object.fromEntries(items.map((item) => [item.id, item]));
  return answers.map(({ id, day, correct }) => {
    const item = byId[id];
    const siblings = items.filter((one) => one.point === item.point && one.id !== id).map((one) => one.id);
    const at = day * 86_400_000 + 12 * 3_600_000;
    const isFirst = planPoint(state, item, siblings, { day, planDays });
    const how = { correct, confidence: null, at, day, zone: 0, planDays, isFirst, alone: siblings.length === 0 };
    const { rating } = reviewCard(state, item, how);
    const due = Object.fromEntries([...state].map(([one, card]) => [one, dueDay(card)]));
    return { rating, due, today: dueItems(state, { day: day + 2, pointOf: (one) => byId[one].point }) };
  });
}

/** Windows as plain objects: where the API is, and which of them throw. */
function search() {
  const api = { name: "api" };
  const throwing = (parent) =>
    new Proxy({}, {
      get: (_, key) => {
        if (key === "parent") return parent;
        throw new Error("cross-origin");
      },
    });
  const top = { API: api };
  top.parent = top;
  const alone = {};
  alone.parent = alone;
  const endless = {};
  Object.defineProperty(endless, "parent", { get: () => ({ get parent() { return endless.parent; } }) });
  const popup = { opener: { parent: top } };
  popup.parent = popup;
  const inPopup = { parent: popup };
  return {
    own: findApi(top, "API") === api,
    above: findApi({ parent: { parent: top } }, "API") === api,
    pastAnotherSite: findApi({ parent: throwing(top) }, "API") === api,
    opener: findApi(inPopup, "API") === api,
    none: findApi(alone, "API"),
    endless: findApi(endless, "API"),
  };
}

function randomState(random) {
  const upTo = (most) => Math.floor(random() * (most + 1));
  const state = emptyState();
  state.day = 20_000 + upTo(8_000);
  state.sequence = upTo(200_000);
  state.language = [null, "en", "zh-CN"][upTo(2)];
  const known = { lessons: new Map(), items: [], modules: [], languages: ["zh-CN", "en"] };
  for (let at = upTo(12); at > 0; at -= 1) {
    const id = `lesson-${upTo(10_000)}`;
    const ids = Array.from({ length: upTo(2) }, (_, one) => `${id}-${one}`);
    const done = random() < 0.5;
    known.lessons.set(id, ids);
    const opened = new Set([0, 1, 2, 3, 4, 5].filter(() => random() < 0.5));
    const right = new Set(ids.filter(() => random() < 0.5));
    state.lessons.set(id, done ? { opened: new Set(), right: new Set(), done } : { opened, right, done });
  }
  for (let at = upTo(4); at > 0; at -= 1) {
    const id = `module-${at}`;
    known.modules.push(id);
    const outcomes = Array.from({ length: upTo(31) }, () => [null, 0, 0.25, 0.5, 2 / 3, 1][upTo(5)]).map((one) =>
      one === null ? null : Math.round(one * 24) / 24,
    );
    const open = random() < 0.5 ? null : { draw: drawKey([id]), outcomes };
    state.quizzes.set(id, { attempts: upTo(63), best: upTo(1000) / 1000, passed: random() < 0.5, open });
  }
  const ids = new Set(Array.from({ length: upTo(60) }, () => `item-${upTo(100_000)}`));
  known.items.push(...ids);
  for (const id of ids) {
    if (random() < 0.3) {
      state.cards.set(id, { memory: null, planned: state.day - 64 + upTo(255) });
      continue;
    }
    const lastDay = state.day - (random() < 0.7 ? upTo(63) : upTo(3000));
    const memory = {
      state: STATES[upTo(2)],
      step: 0,
      stability: Math.exp(Math.log(0.001) + random() * (Math.log(36_500) - Math.log(0.001))),
      difficulty: 1 + random() * 9,
      lastDay,
    };
    state.cards.set(id, { memory, planned: random() < 0.5 ? null : lastDay + upTo(31) });
  }
  return { state, known };
}

/** As the exporter chooses it. */
function saltFor({ lessons, items, modules }) {
  const groups = [[[...lessons.keys()], PART_BITS], [modules, PART_BITS], [items, ITEM_BITS]];
  for (const ids of lessons.values()) groups.push([ids, INTERACTION_BITS]);
  const differ = (salt) => groups.every(([ids, bits]) => new Set(ids.map((id) => idKey(id, { bits, salt }))).size === ids.length);
  return [...Array(16).keys()].find(differ);
}

function shape({ lessons, quizzes, cards: kept, ...rest }) {
  const plain = [...lessons].map(([id, one]) => [id, [...one.opened], [...one.right], one.done]);
  return { ...rest, lessons: plain, quizzes: [...quizzes], cards: [...kept] };
}

function mulberry(seed) {
  let at = seed;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let value = Math.imul(at ^ (at >>> 15), 1 | at);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

let given = "";
for await (const chunk of process.stdin) given += chunk;
const { job, ...data } = JSON.parse(given);
process.stdout.write(JSON.stringify(await JOBS[job](data)));
