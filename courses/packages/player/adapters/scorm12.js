// SCORM 1.2 run-time (RTE 1.2, chapter 3). Every call's return value and error are looked at and logged.
// The program knows only: start, record, save, finish, and the facts that start answers.

import { findApi } from "./api_search.js";
import { interaction12 } from "./interaction12.js";

const LONGEST_LOCATION = 255;
const LOG_LENGTH = 500;
const NOT_SUPPORTED = ["401", "402"]; // no such element, and element is a keyword: this LMS keeps none
const RANK = { "not attempted": 0, browsed: 1, incomplete: 1, failed: 2, completed: 3, passed: 4 };
const UNSAVED_MODES = ["review", "browse"];

export class Scorm12 {
  format = "SCORM 1.2";
  log = [];

  #api = null;
  #status = null; // what the LMS is known to hold; null where it would not say
  #written = new Map(); // element -> value that the LMS has taken
  #waiting = []; // answers that are not written yet
  #next = 0; // index of the next interaction
  #keepsInteractions = true;
  #isOpen = false;
  #startedAt = 0;

  constructor({ window, clock, keepOpen = true }) {
    Object.assign(this, { window, clock, keepOpen });
  }

  /** Open the run-time: {found, opened, saves, mode, learner, state, location, status}. */
  start() {
    this.#api = findApi(this.window, "API");
    if (this.#api === null) return { found: false, opened: false, saves: false };
    this.#isOpen = this.#call("LMSInitialize", "");
    if (!this.#isOpen) return { found: true, opened: false, saves: false };
    this.#startedAt = this.clock();
    const mode = this.#get("cmi.core.lesson_mode") || "normal";
    const isSaved = !UNSAVED_MODES.includes(mode);
    this.#status = this.#get("cmi.core.lesson_status") || null;
    const state = this.#get("cmi.suspend_data");
    // What is kept must not be written over by somebody who could not read it.
    if (state === null && this.#get("cmi.core.entry") === "resume") return { found: true, opened: false, saves: false };
    const facts = {
      found: true,
      opened: true,
      saves: isSaved,
      mode,
      learner: this.#get("cmi.core.student_id") ?? "",
      state: state ?? "",
      location: this.#get("cmi.core.lesson_location") ?? "",
      status: this.#status,
    };
    this.saves = isSaved;
    if (isSaved) {
      const count = Number(this.#get("cmi.interactions._count"));
      this.#next = Number.isInteger(count) && count > 0 ? count : 0;
      this.#setExit();
    }
    return facts;
  }

  /** Take an answer; it is written with the next save. */
  record(answer) {
    if (this.saves && this.#keepsInteractions) this.#waiting.push(answer);
  }

  /** Write and commit; true only when the LMS has taken all of it. */
  save({ state, location, status, score }) {
    if (!this.#isOpen || !this.saves) return false;
    let isTaken = this.#set("cmi.suspend_data", state);
    isTaken = this.#set("cmi.core.lesson_location", location.slice(0, LONGEST_LOCATION)) && isTaken;
    if (score !== null) isTaken = this.#setScore(score) && isTaken;
    isTaken = this.#setStatus(status) && isTaken;
    isTaken = this.#writeAnswers() && isTaken;
    isTaken = this.#setTime() && isTaken;
    return this.#call("LMSCommit", "") && isTaken;
  }

  /** Close the run-time, once; nothing is called after it. */
  finish() {
    if (!this.#isOpen) return;
    if (this.saves) this.#setExit();
    this.#setTime();
    this.#call("LMSFinish", "");
    this.#isOpen = false;
  }

  // Elements

  #setExit() {
    // A normal exit ends the attempt, and an LMS may then drop the state: nothing could come due later.
    this.#set("cmi.core.exit", this.keepOpen || RANK[this.#status ?? "incomplete"] < RANK.completed ? "suspend" : "");
  }

  #setScore(score) {
    const raw = String(Math.round(score * 10_000) / 100);
    let isTaken = this.#set("cmi.core.score.min", "0", { optional: true });
    isTaken = this.#set("cmi.core.score.max", "100", { optional: true }) && isTaken;
    return this.#set("cmi.core.score.raw", raw) && isTaken;
  }

  #setStatus(status) {
    const known = this.#status === null ? RANK.completed : (RANK[this.#status] ?? 0); // unknown: only a pass is safe
    if (RANK[status] <= known) return true; // never lowered
    if (!this.#set("cmi.core.lesson_status", status)) return false;
    this.#status = status;
    return true;
  }

  #setTime() {
    return this.#set("cmi.core.session_time", timespan(this.clock() - this.#startedAt));
  }

  #writeAnswers() {
    while (this.#waiting.length > 0) {
      const verdict = this.#writeAnswer(this.#waiting[0], this.#next);
      if (verdict === "later") return false;
      this.#waiting.shift();
      if (verdict === "written") this.#next += 1;
      if (!this.#keepsInteractions) this.#waiting = [];
    }
    return true;
  }

  #writeAnswer(answer, index) {
    const { id, type, response, pattern, result } = interaction12(answer);
    const base = `cmi.interactions.${index}`;
    if (!this.#set(`${base}.id`, id)) {
      this.#keepsInteractions = !NOT_SUPPORTED.includes(this.#lastError());
      return this.#keepsInteractions ? "later" : "refused";
    }
    const parts = [
      ["type", type],
      ["time", clockTime(answer.at)],
      ["correct_responses.0.pattern", pattern],
      ["student_response", response],
      ["result", result],
      ["latency", timespan(answer.latencyMs)],
    ];
    // A part that this LMS refuses is in the log; the rest of the answer is still worth having.
    for (const [part, value] of parts) if (value !== "") this.#set(`${base}.${part}`, value, { optional: true });
    return "written";
  }

  // Calls

  #get(element) {
    const value = this.#invoke("LMSGetValue", [element]);
    return isError(this.#lastError()) ? null : String(value ?? "");
  }

  #set(element, value, { optional = false } = {}) {
    if (this.#written.get(element) === value) return true;
    if (!this.#call("LMSSetValue", element, value)) return optional;
    this.#written.set(element, value);
    return true;
  }

  /** true where the LMS answered "true" and reports no error. */
  #call(name, ...given) {
    const answer = this.#invoke(name, given);
    return String(answer) === "true" && !isError(this.#lastError());
  }

  #invoke(name, given) {
    const entry = { at: this.clock(), name, given, answer: null, error: "0", text: "" };
    try {
      entry.answer = this.#api[name](...given);
      entry.error = String(this.#api.LMSGetLastError());
      if (isError(entry.error)) entry.text = String(this.#api.LMSGetErrorString(entry.error));
    } catch (error) {
      entry.error = "exception";
      entry.text = String(error);
    }
    this.log.push(entry);
    if (this.log.length > LOG_LENGTH) this.log.shift();
    return entry.answer;
  }

  #lastError() {
    return this.log[this.log.length - 1].error;
  }
}

/** Some platforms answer "" or nothing where they mean "0". */
function isError(code) {
  return !["0", "", "null", "undefined"].includes(code);
}

/** HHHH:MM:SS.SS, never ISO 8601. */
export function timespan(milliseconds) {
  const hundredths = Math.max(0, Math.round(milliseconds / 10));
  const seconds = Math.floor(hundredths / 100);
  const hours = String(Math.min(9999, Math.floor(seconds / 3600))).padStart(4, "0");
  return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${two(hundredths % 100)}`;
}

/** HH:MM:SS of the learner's own clock. */
function clockTime(at) {
  const time = new Date(at);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

function two(number) {
  return String(number).padStart(2, "0");
}
