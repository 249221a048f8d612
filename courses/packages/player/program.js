// The player: opens the run-time, restores what was kept, shows one page after the other, and closes cleanly.

import { el, hidden, icon } from "./elements.js";
import { DebugPanel } from "./debug.js";
import { lessonPage } from "./lesson.js";
import { overview } from "./overview.js";
import { quizPage, reviewPage } from "./practice.js";
import { Mirror, Saver, Saving } from "./saver.js";
import { Session, openState } from "./session.js";
import { reading, wordsOf } from "./words.js";

const LOOK_AGAIN = [0, 300, 700, 1500];
const SAVING_WORDS = {
  [Saving.IDLE]: "saved",
  [Saving.WAITING]: "saving",
  [Saving.SAVED]: "saved",
  [Saving.RETRY]: "saving_retry",
  [Saving.NEVER]: "saving_never",
};

export class Program {
  route = { page: "overview" };

  /** makeAdapter: () => adapter, see adapters/. clock: () => Unix milliseconds. */
  constructor({ window, course, makeAdapter, clock }) {
    Object.assign(this, { window, course, makeAdapter, clock });
    this.root = window.document.getElementById("player");
    this.setLanguage(preferred(course.languages, window.navigator.languages));
  }

  /** Look for the run-time, a few times: some platforms put it there late. */
  start(tries = LOOK_AGAIN) {
    const [wait, ...later] = tries;
    this.window.setTimeout(() => {
      this.adapter = this.makeAdapter();
      this.debug ??= new DebugPanel(this);
      const facts = this.adapter.start();
      if (facts.opened) this.begin(facts);
      else if (!facts.found && later.length > 0) this.start(later);
      else this.showAbsent(facts);
    }, wait);
  }

  begin(facts) {
    const { window, course, clock, adapter } = this;
    this.mirror = new Mirror({ window, key: `crossdesk ${course.iri} ${course.scope} ${facts.learner ?? ""}` });
    const { state, broken } = this.restored(facts);
    this.session = new Session({
      course,
      state,
      learner: facts.learner ?? "",
      clock,
      zone: zoneOf(),
      onChange: (how) => this.saver.change(how),
      onInteraction: (record) => adapter.record(record),
    });
    const isNewDay = state.day !== 0 && this.session.day > state.day;
    this.saver = new Saver({
      adapter,
      payload: () => ({ state: this.session.text(), location: written(this.route), ...this.session.standing() }),
      mirror: this.mirror,
      timers: { setTimeout: window.setTimeout.bind(window), clearTimeout: window.clearTimeout.bind(window) },
      onStatus: () => this.showSaving(),
    });
    this.notice = this.noticeOf(facts, broken);
    this.listen();
    this.setLanguage(state.language ?? this.language);
    state.language = this.language;
    const isResumed = facts.location && !(isNewDay && this.session.due().length > 0);
    this.go(isResumed ? readRoute(facts.location, course) : { page: "overview" });
    if (!["passed", "completed", "failed"].includes(facts.status)) this.saver.change({ urgent: true });
  }

  /** The LMS's state, or the browser's copy where that is a later one that could not be saved. */
  restored(facts) {
    const kept = openState(facts.state ?? "", this.course);
    const copy = this.mirror.read();
    if (!copy || !facts.saves) return kept;
    const other = openState(copy, this.course);
    return !other.broken && other.state.sequence > kept.state.sequence ? other : kept;
  }

  noticeOf(facts, broken) {
    if (broken) return "state_broken";
    if (facts.mode === "review" || facts.mode === "browse") return "read_only";
    return null;
  }

  listen() {
    const { window } = this;
    window.addEventListener("pagehide", () => this.saver.close());
    window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
    window.document.addEventListener("visibilitychange", () => window.document.visibilityState === "hidden" && this.saver.flush());
    window.addEventListener("online", () => this.saver.flush());
  }

  // Pages

  go(route) {
    const isMove = written(route) !== written(this.route);
    this.route = route;
    const shown = this.pageOf(route);
    if (shown === null) {
      this.go({ page: "overview" });
      return;
    }
    this.show(shown);
    if (isMove) this.saver.change();
  }

  pageOf(route) {
    switch (route.page) {
      case "lesson":
        return lessonPage(this, route);
      case "quiz":
        return quizPage(this, route);
      case "review":
        return reviewPage(this, route);
      default:
        return { progress: null, nodes: overview(this) };
    }
  }

  /** Put a page up: {progress: null or {value, max, words}, nodes}. */
  show({ progress, nodes }) {
    const { window } = this;
    const notice = this.notice && el("div", { class: "note note-warning", role: "status" }, icon("info", ""), el("div", {}, this.say(this.notice)));
    const main = el("main", { class: "focus-main stack", id: "main", tabindex: "-1" }, notice, nodes);
    this.root.replaceChildren(this.bar(progress), main);
    this.showSaving();
    const heading = main.querySelector("[data-start]") ?? main.querySelector("h1");
    window.document.title = [heading?.textContent, reading(this.course.title, this.language)].filter(Boolean).join(" · ");
    window.scrollTo(0, 0);
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
  }

  bar(progress) {
    const { say, course } = this;
    const isOverview = this.route.page === "overview";
    const out = !isOverview && el("button", { type: "button", class: "btn btn-icon", on: { click: () => this.go({ page: "overview" }) } }, icon("cross", ""), hidden(say("overview")));
    this.savingLine = el("p", { class: "saving", role: "status" });
    const retry = el("button", { type: "button", class: "btn btn-s btn-plain", hidden: true, on: { click: () => this.saver.flush() } }, say("retry"));
    this.retryButton = retry;
    const other = course.languages.find((tag) => tag !== this.language);
    return el(
      "header",
      { class: "focusbar" },
      el(
        "div",
        { class: "focusbar-in" },
        out,
        progress
          ? [
              el("progress", { class: "bar bar-thin", value: String(progress.value), max: String(progress.max), "aria-label": progress.words }),
              el("span", { class: "meta num nowrap" }, `${Math.min(progress.value + (this.route.page === "lesson" ? 0 : 1), progress.max)} / ${progress.max}`),
            ]
          : el("span", { class: "focusbar-space" }),
        this.savingLine,
        retry,
        other && el("button", { type: "button", class: "btn btn-s btn-quiet", lang: other, on: { click: () => this.switchLanguage(other) } }, say("other_language")),
      ),
    );
  }

  showSaving() {
    if (!this.savingLine) return;
    const { saving } = this.saver;
    this.savingLine.className = `saving saving-${saving}`;
    this.savingLine.dataset.saving = saving;
    this.savingLine.textContent = this.say(SAVING_WORDS[saving]);
    this.retryButton.hidden = saving !== Saving.RETRY;
  }

  switchLanguage(tag) {
    this.session.setLanguage(tag);
    this.setLanguage(tag);
    this.go(this.route);
  }

  setLanguage(tag) {
    this.language = tag;
    this.say = wordsOf(tag);
    this.window.document.documentElement.lang = tag;
  }

  showAbsent(facts) {
    const { say, course, language } = this;
    const document = this.window.document;
    document.title = say(facts.found ? "api_refused" : "api_absent");
    const main = el(
      "main",
      { class: "focus-main stack", id: "main" },
      el("p", { class: "label" }, reading(course.title, language)),
      el("h1", { tabindex: "-1" }, say(facts.found ? "api_refused" : "api_absent")),
      el("p", { class: "lead" }, say("api_absent_text")),
      el(
        "div",
        { class: "cluster" },
        el("button", { type: "button", class: "btn btn-main btn-l", on: { click: () => this.start([0]) } }, say("check_again")),
        el("button", { type: "button", class: "btn btn-plain btn-l", on: { click: () => this.begin({ learner: "", saves: false }) } }, say("open_anyway")),
      ),
    );
    this.root.replaceChildren(main);
    main.querySelector("h1").focus();
  }

  // What pages use

  /** What a question needs to be shown. */
  view(itemId, place) {
    const { session, language, say, clock } = this;
    return { item: session.course.items[itemId], language, say, clock, seed: `${session.learner}|${place}`, name: `q-${itemId}` };
  }

  button(route, words, classes) {
    return el("button", { type: "button", class: classes, on: { click: () => this.go(route) } }, words);
  }

  action(listener, words) {
    return el("button", { type: "button", class: "btn btn-main btn-l", on: { click: listener } }, words);
  }
}

/** A route as the LMS keeps it: `lesson/prep/3`. */
function written({ page, id, step }) {
  return [page, id, step].filter((part) => part !== undefined).join("/");
}

function readRoute(text, course) {
  const [page, id, step] = text.split("/");
  const lessons = course.modules.flatMap((module) => module.lessons.map((lesson) => lesson.id));
  if (page === "lesson" && lessons.includes(id)) return { page, id, step: Number.parseInt(step, 10) || 0 };
  if (page === "quiz" && course.modules.some((module) => module.id === id && module.quizLength > 0)) return { page, id };
  return { page: page === "review" && course.reviews ? "review" : "overview" };
}

/** The first language of the browser that the course has, else the course's first. */
function preferred(languages, wanted) {
  const found = wanted.map((tag) => languages.find((one) => one.split("-")[0] === tag.split("-")[0]));
  return found.find((tag) => tag !== undefined) ?? languages[0];
}

function zoneOf() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || -new Date().getTimezoneOffset();
}
