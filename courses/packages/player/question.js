// One question on a page: asked, answered at once with the reason, in a lesson tried again. It redraws itself.

import { answeredParts, reasons } from "./answered.js";
import { answerFields, passageBlock } from "./answering.js";
import { el, icon } from "./elements.js";
import { reading } from "./words.js";

const TRIES_BEFORE_REASON = 2;

/**
 * view: {item, language, say, seed, name, clock}; `tries`: a wrong answer can be tried again (a lesson);
 * `asksConfidence`: two buttons instead of one; `level`: of the heading.
 * onAnswer(response, {confidence, latencyMs}) answers {result, after: node or null}.
 */
export class Question {
  constructor(view, { tries = false, asksConfidence = false, level = "h2", isAnswered = false, onAnswer }) {
    Object.assign(this, { view, tries, asksConfidence, level, isAnswered, onAnswer });
    this.wrong = 0;
    this.node = el("section", { class: "stack question-block", "aria-labelledby": `${view.name}-ask` });
    this.ask(null);
  }

  ask(response) {
    const { view } = this;
    this.shownAt = view.clock();
    const fields = answerFields({ ...view, response });
    const hint = el("p", { class: "error", role: "alert" });
    const submit = (confidence) => (event) => {
      event.preventDefault();
      const given = fields.read();
      hint.textContent = given === null ? view.say("choose_first") : "";
      if (given !== null) this.answer(given, confidence);
    };
    const form = el(
      "form",
      { class: "stack", novalidate: true, on: { submit: submit(null) } },
      fields.node,
      view.item.type === "multiple" && el("p", { class: "hint" }, view.say("multiple_hint")),
      hint,
      this.asksConfidence ? this.confidence(submit) : el("div", {}, el("button", { class: "btn btn-main", type: "submit" }, view.say("answer"))),
    );
    const note = response === null ? null : this.note(false, view.say("wrong_again"), this.wrong >= TRIES_BEFORE_REASON);
    const whys = response === null ? null : this.whys(response);
    this.node.replaceChildren(...present(...this.head(), note, whys, form));
    note?.focus();
  }

  answer(response, confidence) {
    const { view } = this;
    const latencyMs = view.clock() - this.shownAt;
    const { result, after } = this.onAnswer(response, { confidence, latencyMs });
    if (this.tries && !result.correct) {
      this.wrong += 1;
      this.ask(response);
      return;
    }
    this.done(response, result.correct, confidence, after ?? null);
  }

  done(response, isRight, confidence, after) {
    const { view } = this;
    const sureWrong = !isRight && confidence === "sure";
    const words = isRight ? view.say("right") : view.say(sureWrong ? "sure_wrong" : "wrong");
    const note = this.note(isRight, words, true);
    const source = view.item.source && el("p", { class: "meta" }, view.say("source", { source: reading(view.item.source, view.language) }));
    this.node.replaceChildren(...present(...this.head(), note, answeredParts({ ...view, response }), this.transcript(), source, after));
    note.focus();
  }

  // Parts

  head() {
    const { item, language, say, name } = this.view;
    const badge = this.isAnswered && el("p", {}, el("span", { class: "badge badge-success" }, icon("check"), say("answered")));
    return [
      badge,
      el(this.level, { class: "question", id: `${name}-ask`, tabindex: "-1" }, reading(item.stem, language)),
      passageBlock(item, language),
      item.audio && this.listen(),
    ];
  }

  confidence(submit) {
    const { say } = this.view;
    return el(
      "fieldset",
      { class: "confidence" },
      el("legend", {}, say("confidence")),
      el(
        "div",
        { class: "btn-pair" },
        el("button", { type: "button", class: "btn btn-even btn-l", on: { click: submit("unsure") } }, say("unsure")),
        el("button", { type: "button", class: "btn btn-even btn-l", on: { click: submit("sure") } }, say("sure")),
      ),
    );
  }

  note(isRight, words, withReason) {
    const { item, language } = this.view;
    return el(
      "div",
      { class: `note ${isRight ? "note-success" : "note-warning"}`, role: "status", tabindex: "-1" },
      icon(isRight ? "check" : "info", ""),
      el("div", {}, el("strong", {}, words), withReason && el("p", {}, reading(item.explanation, language))),
    );
  }

  whys(response) {
    const rows = reasons({ ...this.view, response });
    if (rows.length === 0) return null;
    return el("ul", { class: "whys" }, rows.map(({ text, lang, why }) => el("li", {}, text && el("strong", { lang }, text), text && " · ", why)));
  }

  listen() {
    const { item, say } = this.view;
    const speech = window.speechSynthesis;
    const canSpeak = Boolean(speech && window.SpeechSynthesisUtterance);
    const play = () => {
      speech.cancel();
      const words = new window.SpeechSynthesisUtterance(item.audio.text);
      words.lang = item.audio.lang;
      speech.speak(words);
    };
    return el(
      "div",
      { class: "listen" },
      canSpeak
        ? el("div", {}, el("button", { type: "button", class: "btn btn-plain", on: { click: play } }, icon("play"), say("listen")))
        : el("p", { class: "hint" }, say("listen_none")),
      el("details", { class: "fold" }, el("summary", {}, say("listen_read")), el("p", { lang: item.audio.lang }, item.audio.text)),
    );
  }

  transcript() {
    const { item, say } = this.view;
    if (!item.audio) return null;
    return el("p", { class: "meta" }, `${say("transcript")}: `, el("span", { lang: item.audio.lang }, item.audio.text));
  }
}

function present(...nodes) {
  return nodes.filter(Boolean);
}
