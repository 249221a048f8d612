// Quizzes and reviews: one question at a time, the answer at once, and a result.

import { dueDay } from "./cards.js";
import { el, icon } from "./elements.js";
import { dateOf, nextPlace } from "./overview.js";
import { lessonsDone, missingModules } from "./progress.js";
import { Question } from "./question.js";
import { reading } from "./words.js";

/** A module's quiz at its first open question; locked ones lead back to the overview. */
export function quizPage(page, { id }) {
  const { session, say } = page;
  const module = session.modules.get(id);
  if (!lessonsDone(session.state, module) || missingModules(session.state, session.course, module).length > 0) return null;
  const { draw, outcomes } = session.quiz(id);
  const place = outcomes.indexOf(null);
  const of = draw.length;
  const question = new Question(page.view(draw[place], `quiz-${id}`), {
    level: "h1",
    onAnswer: (response, { latencyMs }) => {
      const { result, finished } = session.answerQuiz(id, place, response, { latencyMs });
      const after = finished
        ? page.action(() => page.show(quizResultPage(page, module, finished)), say("end_quiz"))
        : page.button({ page: "quiz", id }, say("next_question"), "btn btn-main btn-l");
      return { result, after: el("div", { class: "split" }, el("span"), after) };
    },
  });
  return {
    progress: { value: place, max: of, words: say("place", { place: place + 1, of }) },
    nodes: [el("p", { class: "label" }, `${reading(module.title, page.language)} · ${say("quiz")}`), question.node],
  };
}

function quizResultPage(page, module, { score, passed, outcomes, draw }) {
  const { session, say, language } = page;
  const { points, items } = session.course;
  const right = outcomes.filter((one) => one === 1).length;
  const percent = Math.floor(score * 100 + 1e-9);
  const rows = draw.map((id, at) => {
    const isRight = outcomes[at] === 1;
    const badge = el("span", { class: `badge ${isRight ? "badge-success" : "badge-danger"}` }, icon(isRight ? "check" : "cross"), say(isRight ? "right" : "wrong"));
    return el("li", { class: "row row-two" }, el("span", { class: "row-text" }, reading(points[items[id].point].title, language)), badge);
  });
  return {
    progress: { value: draw.length, max: draw.length, words: say("result") },
    nodes: [
      el("p", { class: "label" }, `${reading(module.title, language)} · ${say("quiz")}`),
      el("h1", { tabindex: "-1" }, say(passed ? "quiz_passed" : "quiz_failed")),
      el("p", { class: "figure num", role: "status" }, `${percent}%`),
      el("p", { class: "meta num" }, `${say("right_count", { right, of: draw.length })} · ${say("pass_mark", { mark: Math.round(module.passMark * 100) })}`),
      el("p", {}, passed ? session.course.reviews && say("quiz_passed_text") : say("quiz_failed_text")),
      el("ul", { class: "rows card card-flush" }, rows),
      el("div", { class: "split" }, page.button({ page: "quiz", id: module.id }, say("quiz_again"), "btn btn-quiet"), passed ? afterPass(page) : page.button({ page: "overview" }, say("to_overview"), "btn btn-main btn-l")),
    ],
  };
}

function afterPass(page) {
  const place = nextPlace(page);
  if (place === null) return page.button({ page: "overview" }, page.say("to_overview"), "btn btn-main btn-l");
  return page.button(place.route, page.say("carry_on", { what: place.words }), "btn btn-main btn-l");
}

/** The next card that is due, or what was done. `sitting`: {done} of this sitting. */
export function reviewPage(page, { sitting = { done: 0 } }) {
  const { session, say } = page;
  const due = session.due();
  const of = sitting.done + due.length;
  if (due.length === 0) return reviewDone(page, sitting);
  const [id] = due;
  const question = new Question(page.view(id, `review-${session.day}`), {
    level: "h1",
    asksConfidence: true,
    onAnswer: (response, given) => {
      const { result } = session.answerReview(id, response, given);
      const later = session.again.includes(id);
      const card = session.state.cards.get(id);
      const next = later ? say("returns_today") : say("returns", { date: dateOf(Math.max(dueDay(card), session.day + 1), page) });
      const route = { page: "review", sitting: { done: sitting.done + 1 } };
      const isMore = session.due().length > 0;
      return {
        result,
        after: el("div", { class: "split" }, el("p", { class: "meta num" }, next), page.button(route, say(isMore ? "next_question" : "result"), "btn btn-main btn-l")),
      };
    },
  });
  const point = session.course.points[session.course.items[id].point];
  return {
    progress: { value: sitting.done, max: of, words: say("place", { place: sitting.done + 1, of }) },
    nodes: [el("p", { class: "label" }, `${say("practice")} · ${reading(point.title, page.language)}`), question.node],
  };
}

function reviewDone(page, sitting) {
  const { session, say } = page;
  const next = session.nextDue();
  return {
    progress: { value: 1, max: 1, words: say("result") },
    nodes: [
      el("h1", { tabindex: "-1", role: "status" }, say(sitting.done > 0 ? "review_done" : "due_none")),
      next && el("p", { class: "meta num" }, say("due_next", { date: dateOf(next.day, page), count: next.count })),
      el("p", {}, page.button({ page: "overview" }, say("to_overview"), "btn btn-main btn-l")),
    ],
  };
}
