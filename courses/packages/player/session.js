// One sitting: what the learner does changes the state, and the state is handed to whoever keeps it. No page here.

import { BrokenText } from "./bits.js";
import { dueItems, missed, nextDue, planPoint, reviewCard } from "./cards.js";
import { studyDay } from "./fsrs.js";
import { grade } from "./grading.js";
import { interactionsOf, lessonProgress, openQuiz, quizResult, share, standing } from "./progress.js";
import { drawKey, emptyState, readState, writeState } from "./state.js";

const LESSON_FORM = "lesson";

/** What the state may speak of in a course. */
export function knownIds(course) {
  return {
    lessons: new Map(course.modules.flatMap((module) => module.lessons.map((one) => [one.id, interactionsOf(one)]))),
    items: course.modules.flatMap((module) => module.items),
    modules: course.modules.map((module) => module.id),
    languages: course.languages,
  };
}

/** The state of a text, or an empty one: {state, broken: the text was there and could not be read}. */
export function openState(text, course) {
  if (!text) return { state: emptyState(), broken: false };
  try {
    return { state: readState(text, knownIds(course)), broken: false };
  } catch (error) {
    if (!(error instanceof BrokenText)) throw error;
    return { state: emptyState(), broken: true };
  }
}

export class Session {
  /**
   * clock: () => Unix milliseconds. zone: IANA name or minutes east. learner: a stable text of the LMS's.
   * onChange({urgent}): the state should be kept; onInteraction(record): an answer should be reported.
   */
  constructor({ course, state, learner, clock, zone, onChange, onInteraction }) {
    Object.assign(this, { course, state, learner, clock, zone, onChange, onInteraction });
    this.lessons = new Map(course.modules.flatMap((module) => module.lessons.map((one) => [one.id, { module, lesson: one }])));
    this.modules = new Map(course.modules.map((module) => [module.id, module]));
    this.again = []; // item ids missed in this sitting, to be seen once more
  }

  get day() {
    return studyDay(this.clock(), this.zone);
  }

  get language() {
    return this.state.language ?? this.course.languages[0];
  }

  setLanguage(tag) {
    this.state.language = tag;
    this.changed();
  }

  text() {
    return writeState(this.state, { salt: this.course.salt });
  }

  standing() {
    return standing(this.state, this.course);
  }

  share() {
    return share(this.state, this.course);
  }

  openStep(lessonId, step) {
    const { lesson } = this.lessons.get(lessonId);
    const entry = this.entry(lessonId);
    if (entry.done || entry.opened.has(step)) return;
    entry.opened.add(step);
    this.closeLesson(lesson);
    this.changed();
  }

  /** Answer an item inside a lesson; answers its grade. */
  answerLesson(lessonId, itemId, response, { latencyMs }) {
    const { lesson } = this.lessons.get(lessonId);
    const item = this.course.items[itemId];
    const result = grade(item, response);
    this.report(item, response, result, latencyMs);
    const entry = this.entry(lessonId);
    if (result.correct && !entry.done) {
      entry.right.add(itemId);
      this.closeLesson(lesson);
    }
    this.changed();
    return result;
  }

  quiz(moduleId) {
    return openQuiz(this.state, this.course, this.modules.get(moduleId), this.learner);
  }

  /** Answer a question of the open attempt; answers {result, review, finished: null | {score, passed, outcomes}}. */
  answerQuiz(moduleId, place, response, { latencyMs }) {
    const module = this.modules.get(moduleId);
    const { entry, draw, outcomes } = this.quiz(moduleId);
    const item = this.course.items[draw[place]];
    const result = grade(item, response);
    this.report(item, response, result, latencyMs);
    const review = this.review(item, result, null);
    const now = outcomes.map((one, at) => (at === place ? result.score : one));
    const isFinished = now.every((one) => one !== null);
    const finished = isFinished ? { ...quizResult(module, now), outcomes: now, draw } : null;
    this.state.quizzes.set(moduleId, {
      attempts: entry.attempts + (isFinished ? 1 : 0),
      best: Math.max(entry.best, finished?.score ?? 0),
      passed: entry.passed || (finished?.passed ?? false),
      open: isFinished ? null : { draw: drawKey(draw), outcomes: now },
    });
    this.changed({ urgent: isFinished });
    return { result, review, finished };
  }

  /** Item ids to review today: what is due, then what was missed in this sitting. */
  due() {
    if (!this.course.reviews) return [];
    const due = dueItems(this.state.cards, { day: this.day, pointOf: (id) => this.course.items[id].point });
    return [...due, ...this.again.filter((id) => !due.includes(id))];
  }

  nextDue() {
    return this.course.reviews ? nextDue(this.state.cards, { day: this.day }) : null;
  }

  answerReview(itemId, response, { confidence, latencyMs }) {
    const item = this.course.items[itemId];
    const result = grade(item, response);
    this.report(item, response, result, latencyMs);
    const wasAgain = this.again.includes(itemId);
    this.again = this.again.filter((id) => id !== itemId);
    const review = this.review(item, result, confidence);
    if (missed(review.rating) && !result.correct) this.again.push(itemId);
    this.changed();
    return { result, review, wasAgain };
  }

  // What the answers change

  review(item, result, confidence) {
    const { cards } = this.state;
    const siblings = this.course.modules.flatMap((module) => module.items).filter((id) => this.isSibling(id, item));
    const at = this.clock();
    const { day, zone } = this;
    const { planDays } = this.course;
    const isFirst = planPoint(cards, item, siblings, { day, planDays });
    const alone = siblings.length === 0;
    return reviewCard(cards, item, { correct: result.correct, confidence, at, day, zone, planDays, isFirst, alone });
  }

  isSibling(id, item) {
    return id !== item.id && this.course.items[id].point === item.point && this.course.items[id].form !== LESSON_FORM;
  }

  closeLesson(lesson) {
    if (!lessonProgress(this.state, lesson).done) return;
    this.state.lessons.set(lesson.id, { opened: new Set(), right: new Set(), done: true });
  }

  /** Whether an interaction was answered right. */
  isRight(lessonId, itemId) {
    const entry = this.state.lessons.get(lessonId);
    return Boolean(entry?.done || entry?.right.has(itemId));
  }

  entry(lessonId) {
    const { lessons } = this.state;
    if (!lessons.has(lessonId)) lessons.set(lessonId, { opened: new Set(), right: new Set(), done: false });
    return lessons.get(lessonId);
  }

  report(item, response, result, latencyMs) {
    this.onInteraction({ item, response, result, latencyMs, at: this.clock(), language: this.language });
  }

  changed({ urgent = false } = {}) {
    this.rebase();
    this.state.sequence += 1;
    this.onChange({ urgent });
  }

  /** Days in the text count from the day of its last change. */
  rebase() {
    this.state.day = Math.max(this.state.day, this.day);
  }
}
