// The first page of a package: what is due, what comes next, and every module with its lessons and quiz.

import { dayInstant } from "./cards.js";
import { el, icon } from "./elements.js";
import { hasQuiz, lessonProgress, lessonsDone, missingModules } from "./progress.js";
import { reading } from "./words.js";

/** page: see Program; answers the nodes of the page. */
export function overview(page) {
  const { session, say, language } = page;
  const { course } = session;
  return [
    el("h1", { tabindex: "-1" }, reading(course.title, language)),
    el("p", { class: "lead" }, reading(course.summary, language)),
    progressLine(page),
    dueCard(page),
    nextButton(page),
    course.modules.map((module, at) => moduleCard(page, module, at + 1)),
  ];
}

/** Where the learner goes on: {route, words} or null when all is done. */
export function nextPlace(page) {
  const { session, say, language } = page;
  for (const module of session.course.modules) {
    if (missingModules(session.state, session.course, module).length > 0) continue;
    for (const lesson of module.lessons) {
      const { done, opened } = lessonProgress(session.state, lesson);
      if (!done) return { route: { page: "lesson", id: lesson.id, step: firstStep(session, lesson, opened) }, words: reading(lesson.title, language) };
    }
    if (hasQuiz(module) && !session.state.quizzes.get(module.id)?.passed) {
      return { route: { page: "quiz", id: module.id }, words: say("quiz") };
    }
  }
  return null;
}

/** The date of a study day, for reading. */
export function dateOf(day, { session, language }) {
  const at = new Date(dayInstant(day, session.zone));
  const options = { month: "long", day: "numeric", weekday: "short" };
  if (typeof session.zone === "string") options.timeZone = session.zone;
  return new Intl.DateTimeFormat(language, options).format(at);
}

function firstStep(session, lesson, opened) {
  const seen = session.state.lessons.get(lesson.id)?.opened ?? new Set();
  for (let step = 0; step < opened + 1; step += 1) if (!seen.has(step)) return step;
  return 0;
}

function progressLine({ session, say }) {
  const percent = Math.floor(session.share() * 100);
  return el(
    "div",
    { class: "stack-s" },
    el("progress", { class: "bar", value: String(percent), max: "100", "aria-label": say("progress", { percent }) }),
    el("p", { class: "meta num" }, say("progress", { percent })),
  );
}

function dueCard(page) {
  const { session, say } = page;
  if (!session.course.reviews || session.state.cards.size === 0) return null;
  const count = session.due().length;
  const next = session.nextDue();
  const when = next && el("p", { class: "meta num" }, say("due_next", { date: dateOf(next.day, page), count: next.count }));
  if (count === 0) return el("section", { class: "card stack-s", "data-due": "0" }, el("h2", {}, say("due_none")), when);
  return el(
    "section",
    { class: "card stack-s due", "data-due": String(count) },
    el("h2", {}, icon("review", ""), say(count === 1 ? "due_one" : "due_now", { count })),
    el("p", { class: "muted" }, say("due_why")),
    page.button({ page: "review" }, say("review_begin"), "btn btn-main btn-l"),
  );
}

function nextButton(page) {
  const { say } = page;
  const place = nextPlace(page);
  if (place === null) {
    return el(
      "div",
      { class: "note note-success" },
      icon("check", ""),
      el("div", {}, el("strong", {}, say("course_done")), page.session.course.reviews && el("p", {}, say("course_done_text"))),
    );
  }
  const isDue = page.session.due().length > 0;
  return el("p", {}, page.button(place.route, say("carry_on", { what: place.words }), isDue ? "btn btn-plain btn-l" : "btn btn-main btn-l"));
}

function moduleCard(page, module, number) {
  const { session, say, language } = page;
  const missing = missingModules(session.state, session.course, module);
  const isLocked = missing.length > 0;
  const title = `module-${number}`;
  return el(
    "section",
    { class: "card card-flush", "aria-labelledby": title },
    el(
      "div",
      { class: "card-head" },
      el("div", {}, el("p", { class: "label" }, say("module", { number })), el("h2", { id: title }, reading(module.title, language))),
      el("p", { class: "muted" }, reading(module.summary, language)),
      isLocked && el("p", { class: "meta" }, icon("lock"), say("module_locked", { modules: missing.map((one) => reading(one.title, language)).join(", ") })),
    ),
    el(
      "ol",
      { class: "rows" },
      module.lessons.map((lesson, at) => lessonRow(page, lesson, at + 1, isLocked)),
      hasQuiz(module) && quizRow(page, module, isLocked),
    ),
  );
}

function lessonRow(page, lesson, number, isLocked) {
  const { session, say, language } = page;
  const { opened, of, done } = lessonProgress(session.state, lesson);
  const end = done ? el("span", { class: "badge badge-success" }, icon("check"), say("done")) : el("span", { class: "num" }, `${opened} / ${of}`);
  const text = `${say("lesson", { number })} · ${say("minutes", { minutes: lesson.minutes })}`;
  return row(page, isLocked ? null : { page: "lesson", id: lesson.id, step: done ? 0 : firstStep(session, lesson, opened) }, reading(lesson.title, language), text, end);
}

function quizRow(page, module, isLocked) {
  const { session, say } = page;
  const entry = session.state.quizzes.get(module.id);
  const isOpen = !isLocked && lessonsDone(session.state, module);
  const mark = say("pass_mark", { mark: Math.round(module.passMark * 100) });
  const text = isOpen
    ? [say("quiz_length", { count: Math.min(module.quizLength, module.items.length) }), mark].join(" · ")
    : say("before_quiz");
  const best = entry && entry.attempts > 0 && say("best", { score: Math.round(entry.best * 100) });
  const end = entry?.passed ? el("span", { class: "badge badge-success" }, icon("check"), best) : el("span", { class: "num" }, best || "");
  return row(page, isOpen ? { page: "quiz", id: module.id } : null, say("quiz"), text, end);
}

function row(page, route, title, text, end) {
  const body = [
    el("span", {}, el("span", { class: "row-title" }, title), el("span", { class: "row-text" }, text)),
    el("span", { class: "row-end" }, end),
  ];
  if (route === null) return el("li", { class: "row row-locked" }, body);
  return el("li", {}, el("button", { type: "button", class: "row row-button", on: { click: () => page.go(route) } }, body));
}
