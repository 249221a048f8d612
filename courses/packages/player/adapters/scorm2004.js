// SCORM 2004 run-time, 3rd and 4th edition (RTE chapter 4). The program knows only: start, record, save, finish, and
// the facts that start answers.

import { Calls2004 } from "./calls2004.js";
import { interaction2004 } from "./interaction2004.js";
import { Objectives2004 } from "./objectives2004.js";

const LONGEST_LOCATION = 1000;
const NOT_SUPPORTED = ["401", "402"]; // no such element here, or not implemented: this LMS keeps none
const RANK = { incomplete: 1, failed: 2, completed: 3, passed: 4 };
const UNSAVED_MODES = ["review", "browse"];

export class Scorm2004 {
  format = "SCORM 2004";

  #status = "incomplete"; // what the LMS is known to hold
  #knowsStatus = false; // false where it would not say: then only a pass is safe
  #waiting = []; // answers that are not written yet
  #next = 0; // index of the next interaction
  #keepsInteractions = true;
  #isOpen = false;
  #startedAt = 0;

  /** share: () => how much of the course is done, 0..1. */
  constructor({ window, clock, course, share, keepOpen = true }) {
    Object.assign(this, { clock, course, share, keepOpen });
    this.calls = new Calls2004({ window, clock });
    this.objectives = new Objectives2004({ calls: this.calls, course });
  }

  get log() {
    return this.calls.log;
  }

  /** Open the run-time: {found, opened, saves, mode, learner, state, location, status}. */
  start() {
    const { calls } = this;
    if (!calls.find()) return { found: false, opened: false, saves: false };
    this.#isOpen = calls.call("Initialize", "");
    if (!this.#isOpen) return { found: true, opened: false, saves: false };
    this.#startedAt = this.clock();
    const mode = calls.get("cmi.mode") || "normal";
    const isSaved = !UNSAVED_MODES.includes(mode);
    this.#readStatus();
    const state = calls.get("cmi.suspend_data");
    // What is kept must not be written over by somebody who could not read it.
    if (state === null && calls.get("cmi.entry") === "resume") return { found: true, opened: false, saves: false };
    this.saves = isSaved;
    const facts = {
      found: true,
      opened: true,
      saves: isSaved,
      mode,
      learner: calls.get("cmi.learner_id") ?? "",
      state: state ?? "",
      location: calls.get("cmi.location") ?? "",
      status: this.#status,
    };
    if (isSaved) {
      this.#setExit();
      this.#next = Number(calls.get("cmi.interactions._count")) || 0;
      this.objectives.start();
    }
    return facts;
  }

  /** Take an answer; it is written with the next save. */
  record(answer) {
    if (!this.saves) return;
    this.objectives.add(answer);
    if (this.#keepsInteractions) this.#waiting.push(answer);
  }

  /** Write and commit; true only when the LMS has taken all of it. */
  save({ state, location, status, score }) {
    if (!this.#isOpen || !this.saves) return false;
    const { calls } = this;
    let isTaken = calls.set("cmi.suspend_data", state);
    isTaken = calls.set("cmi.location", location.slice(0, LONGEST_LOCATION)) && isTaken;
    calls.set("cmi.progress_measure", rounded(this.share()), { optional: true });
    if (score !== null) isTaken = this.#setScore(score) && isTaken;
    isTaken = this.#setStatus(status, score) && isTaken;
    this.objectives.write({ isDone: RANK[this.#status] >= RANK.completed });
    isTaken = this.#writeAnswers() && isTaken;
    isTaken = this.#setTime() && isTaken;
    return calls.call("Commit", "") && isTaken;
  }

  /** Close the run-time, once; nothing is called after it. */
  finish() {
    if (!this.#isOpen) return;
    if (this.saves) {
      this.#setExit();
      this.#setTime();
    }
    this.calls.call("Terminate", "");
    this.#isOpen = false;
  }

  // Elements

  #readStatus() {
    const completion = this.calls.get("cmi.completion_status");
    const success = this.calls.get("cmi.success_status");
    this.#knowsStatus = completion !== null && success !== null;
    if (success === "passed") this.#status = "passed";
    else if (completion === "completed") this.#status = "completed";
    else if (success === "failed") this.#status = "failed";
  }

  #setExit() {
    // A normal exit ends the attempt, and an LMS may then drop the state: nothing could come due later.
    this.calls.set("cmi.exit", this.keepOpen || RANK[this.#status] < RANK.completed ? "suspend" : "normal");
  }

  #setScore(score) {
    let isTaken = this.calls.set("cmi.score.scaled", rounded(score));
    for (const [part, value] of [["min", "0"], ["max", "100"], ["raw", String(Math.round(score * 10_000) / 100)]]) {
      isTaken = this.calls.set(`cmi.score.${part}`, value, { optional: true }) && isTaken;
    }
    return isTaken;
  }

  /** A score that is told before the end is one below the mark: failed so far, and passed when the end is reached. */
  #setStatus(status, score) {
    const told = status === "incomplete" && score !== null ? "failed" : status;
    if (RANK[told] < RANK[this.#status] || (!this.#knowsStatus && told !== "passed")) return true; // never lowered
    const completion = RANK[told] >= RANK.completed ? "completed" : "incomplete";
    if (!this.calls.set("cmi.completion_status", completion)) return false;
    const isJudged = told === "passed" || told === "failed";
    if (isJudged && !this.calls.set("cmi.success_status", told)) return false;
    this.#status = told;
    return true;
  }

  #setTime() {
    return this.calls.set("cmi.session_time", duration(this.clock() - this.#startedAt));
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
    const { id, type, description, response, pattern, result } = interaction2004(answer, this.course);
    const base = `cmi.interactions.${index}`;
    if (!this.calls.set(`${base}.id`, id)) {
      this.#keepsInteractions = !NOT_SUPPORTED.includes(this.calls.lastError());
      return this.#keepsInteractions ? "later" : "refused";
    }
    const parts = [
      ["type", type], // before the answers, whose form depends on it
      ["objectives.0.id", this.objectives.idOf(answer.item) ?? ""],
      ["timestamp", timestamp(answer.at)],
      ["correct_responses.0.pattern", pattern],
      ["learner_response", response],
      ["result", result],
      ["latency", duration(answer.latencyMs)],
      ["description", description],
    ];
    // A part that this LMS refuses is in the log; the rest of the answer is still worth having.
    for (const [part, value] of parts) if (value !== "") this.calls.set(`${base}.${part}`, value, { optional: true });
    return "written";
  }
}

/** A share with at most seven decimals (real(10,7)). */
function rounded(share) {
  return String(Math.round(share * 1_000_000) / 1_000_000);
}

/** An ISO 8601 duration in hours, minutes and seconds to the hundredth. */
export function duration(milliseconds) {
  const hundredths = Math.max(0, Math.round(milliseconds / 10));
  const seconds = Math.floor(hundredths / 100);
  const rest = `${seconds % 60}.${String(hundredths % 100).padStart(2, "0")}`;
  return `PT${Math.floor(seconds / 3600)}H${Math.floor(seconds / 60) % 60}M${rest}S`;
}

/** A moment in UTC to the hundredth. */
export function timestamp(at) {
  return new Date(at).toISOString().replace(/(\.\d\d)\dZ$/, "$1Z");
}
