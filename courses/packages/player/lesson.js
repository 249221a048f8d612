// A lesson, one step at a time: what was written, and its interactions, answered at once.

import { el, icon, trusted } from "./elements.js";
import { interactionsOf, lessonProgress, stepCount } from "./progress.js";
import { Question } from "./question.js";
import { nextPlace } from "./overview.js";
import { reading } from "./words.js";

export function lessonPage(page, { id, step: wanted }) {
  const { session, say, language } = page;
  const { lesson, module } = session.lessons.get(id);
  const of = stepCount(lesson);
  const at = Math.max(0, Math.min(of - 1, wanted));
  session.openStep(id, at);
  const step = lesson.steps[language][at];
  const finish = el("section", { class: "stack finish" });
  const number = module.lessons.indexOf(lesson) + 1;
  const drawFinish = () => finish.replaceChildren(...finishParts(page, lesson, at, of));
  const isFirst = at === 0;
  drawFinish();
  return {
    progress: { value: at + 1, max: of, words: say("steps", { step: at + 1, of }) },
    nodes: [
      el(
        "article",
        { class: "prose" },
        el("p", { class: "label" }, `${reading(module.title, language)} · ${say("lesson", { number })} · ${say("minutes", { minutes: lesson.minutes })}`),
        isFirst
          ? [el("h1", { tabindex: "-1" }, reading(lesson.title, language)), el("p", { class: "lead" }, reading(lesson.outcome, language)), el("h2", {}, step.heading)]
          : [el("h1", { class: "label" }, reading(lesson.title, language)), el("h2", { class: "step-head", "data-start": true, tabindex: "-1" }, step.heading)],
        step.blocks.map((block) => (block.item ? interaction(page, lesson, block.item, drawFinish) : trusted(block.html))),
        at === of - 1 && sources(page, lesson),
      ),
      finish,
    ],
  };
}

function interaction(page, lesson, itemId, onChange) {
  const { session } = page;
  const isDone = session.isRight(lesson.id, itemId);
  const question = new Question(page.view(itemId, lesson.id), {
    tries: true,
    isAnswered: isDone,
    onAnswer: (response, { latencyMs }) => {
      const result = session.answerLesson(lesson.id, itemId, response, { latencyMs });
      onChange();
      return { result };
    },
  });
  return question.node;
}

function finishParts(page, lesson, at, of) {
  const { session, say } = page;
  const { done, opened, answered, asked } = lessonProgress(session.state, lesson);
  const isLast = at === of - 1;
  const missing = [];
  if (of - opened > 0) missing.push(say("missing_steps", { count: of - opened }));
  if (asked - answered > 0) missing.push(say("missing_interactions", { count: asked - answered }));
  const note = isLast
    ? el(
        "div",
        { class: `note ${done ? "note-success" : "note-accent"}`, role: "status" },
        icon(done ? "check" : "info", ""),
        el("div", {}, done ? el("strong", {}, say("lesson_done")) : say("finish_rule", { what: missing.join(", ") })),
      )
    : null;
  const back = at > 0 ? page.button({ page: "lesson", id: lesson.id, step: at - 1 }, say("back"), "btn btn-quiet") : el("span");
  const buttons = el("div", { class: "split" }, back, isLast ? lastButton(page, lesson, done) : page.button({ page: "lesson", id: lesson.id, step: at + 1 }, say("next"), "btn btn-main btn-l"));
  return note ? [note, buttons] : [buttons];
}

function lastButton(page, lesson, done) {
  const { session, say } = page;
  if (!done) {
    const first = firstMissing(session, lesson);
    return first === null ? el("span") : page.button({ page: "lesson", id: lesson.id, step: first }, say("steps", { step: first + 1, of: stepCount(lesson) }), "btn btn-main btn-l");
  }
  const place = nextPlace(page);
  if (place === null) return page.button({ page: "overview" }, say("to_overview"), "btn btn-main btn-l");
  return page.button(place.route, place.route.page === "quiz" ? say("take_quiz") : place.words, "btn btn-main btn-l");
}

/** The first step that was not opened or holds an interaction that was not right yet. */
function firstMissing(session, lesson) {
  const opened = session.state.lessons.get(lesson.id)?.opened ?? new Set();
  const steps = Object.values(lesson.steps)[0];
  const asked = new Set(interactionsOf(lesson).filter((id) => !session.isRight(lesson.id, id)));
  const place = steps.findIndex((step, at) => !opened.has(at) || step.blocks.some((block) => asked.has(block.item)));
  return place < 0 ? null : place;
}

function sources({ say, language }, lesson) {
  const lines = lesson.sources[language] ?? [];
  if (lines.length === 0) return null;
  return el("details", { class: "fold" }, el("summary", {}, say("sources", { count: lines.length })), el("ul", {}, lines.map((line) => el("li", {}, line))));
}
