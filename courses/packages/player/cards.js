// Memory cards of a package: made at a point's first answer, reviewed, due. Pure; the model is in fsrs.js.
// As in the learning system: the answered item returns on the first plan day and its siblings on the next ones.
// A package knows no calendar, so every day counts as a working day.

import { Rating, State, dayStart, intervalDays, retrievability, review } from "./fsrs.js";
import { guess } from "./grading.js";
import { rate } from "./rating.js";

const DEFAULT_PRIOR = 0.5;

/** Put the cards of an item's point among `cards`; answers whether this is the point's first answer. */
export function planPoint(cards, item, siblings, { day, planDays }) {
  if (cards.has(item.id)) return false;
  cards.set(item.id, { memory: null, planned: day });
  if (siblings.some((id) => cards.has(id))) return false;
  let wait = planDays.length > 0 ? planDays[planDays.length - 1] : 0;
  siblings.forEach((id, at) => {
    wait = planDays[at + 1] ?? wait * 2 + 1;
    cards.set(id, { memory: null, planned: day + wait });
  });
  return true;
}

/** Review a card that is among `cards`; answers {rating, recall before or null}. */
export function reviewCard(cards, item, { correct, confidence, at, day, zone, planDays, isFirst, alone }) {
  const card = cards.get(item.id);
  const recall = card.memory === null ? null : retrievability(card.memory, { day });
  const rating = rate({ correct, confidence, recall: recall ?? item.prior ?? DEFAULT_PRIOR, guess: guess(item) });
  const memory = review(card.memory, rating, { at, day, zone });
  cards.set(item.id, { memory, planned: nextPlanned(card, { day, planDays, isFirst, alone }) });
  return { rating, recall };
}

/** The study day on which a card is asked for. */
export function dueDay(card) {
  if (card.planned !== null) return card.planned;
  if (card.memory.state === State.REVIEW) return card.memory.lastDay + intervalDays(card.memory.stability);
  return card.memory.lastDay + 1; // the minutes of a learning step are served inside a sitting, see `missed`
}

/** Item ids that are due, longest overdue first, one a point; points already asked today wait. */
export function dueItems(cards, { day, pointOf }) {
  const asked = new Set();
  for (const [id, { memory }] of cards) if (memory !== null && memory.lastDay === day) asked.add(pointOf(id));
  const due = [...cards].filter(([, card]) => dueDay(card) <= day);
  due.sort((a, b) => dueDay(a[1]) - dueDay(b[1]) || (a[0] < b[0] ? -1 : 1));
  const ids = [];
  for (const [id] of due) {
    if (asked.has(pointOf(id))) continue;
    asked.add(pointOf(id));
    ids.push(id);
  }
  return ids;
}

/** The first later study day on which something is due, or null; and how many cards then. */
export function nextDue(cards, { day }) {
  const days = [...cards.values()].map((card) => Math.max(dueDay(card), day + 1));
  if (days.length === 0) return null;
  const first = Math.min(...days);
  return { day: first, count: days.filter((one) => one === first).length };
}

/** The instant of a study day's first minute, for showing a date. */
export function dayInstant(day, zone) {
  return dayStart(day, zone);
}

/** Whether a card should be seen once more in the same sitting. */
export function missed(rating) {
  return rating === Rating.AGAIN;
}

/** The plan day that overrides the model: kept while it is to come; a point with one item has two of them. */
function nextPlanned(card, { day, planDays, isFirst, alone }) {
  const [first, second] = planDays;
  if (isFirst) return first === undefined ? null : day + first;
  if (card.planned !== null && card.planned > day) return card.planned;
  const wasFirst = card.memory !== null && card.planned === card.memory.lastDay + first;
  if (!alone || !wasFirst || second === undefined) return null;
  const planned = card.memory.lastDay + second;
  return planned > day ? planned : null;
}
