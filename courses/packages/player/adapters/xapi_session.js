// One visit as statements: initialized, answered …, completed, passed or failed, terminated. What differs between
// cmi5 and a plain xAPI launch is in the launch (cmi5.js, tincan.js). The program knows only: start, record, save,
// finish, and the facts that start answers.

import { interactionActivity, xapiResponse } from "./interaction_xapi.js";
import { RecordKeeping } from "./record_keeping.js";
import { duration } from "./scorm2004.js";

const VERBS = "http://adlnet.gov/expapi/verbs/";
const ROUNDING = 1e-9;

export class XapiSession {
  onSettled = () => {};
  onConflict = () => {};
  languages = []; // that the learner prefers, of the LMS

  #launched = null;
  #keeping = null;
  #failedScore = null; // of a quiz below its mark; told at the end, since a pass may still come
  #isEnded = false;
  #startedAt = 0;
  #lastAt = 0;
  #facts = { found: false, opened: false, saves: false };

  /** launch: see Cmi5Launch. newId: () => a UUID. */
  constructor({ launch, course, clock, newId }) {
    Object.assign(this, { launch, course, clock, newId, format: launch.format });
  }

  get log() {
    return this.launch.log;
  }

  get isSending() {
    return this.#keeping?.isSending ?? false;
  }

  get returnUrl() {
    return this.#launched?.returnUrl ?? null;
  }

  /** Ask the LMS for everything that a start needs; may be tried again. */
  async prepare() {
    if (this.#facts.opened) return;
    this.#facts = { found: this.launch.isThere, opened: false, saves: false };
    if (!this.launch.isThere) return;
    const launched = await this.launch.open();
    if (launched === null) return;
    const keeping = new RecordKeeping({
      store: launched.store,
      about: launched,
      onSettled: (isTaken) => this.onSettled(isTaken),
      onConflict: (state) => this.onConflict(state),
    });
    const kept = await keeping.read();
    if (kept === null) return; // must not be written over by somebody who could not read it
    if (kept.state) await keeping.recall({ completed: `${VERBS}completed`, passed: `${VERBS}passed` });
    this.#launched = launched;
    this.#keeping = keeping;
    this.#startedAt = this.clock();
    if (!launched.isEnded && !(await this.#begin())) return;
    this.languages = launched.languages;
    this.saves = launched.mode === "normal";
    this.#facts = {
      found: true,
      opened: true,
      saves: this.saves,
      mode: launched.mode,
      learner: learnerKey(launched.agent),
      state: kept.state,
      location: kept.location,
      status: ["passed", "completed"].find((name) => keeping.told.includes(name)) ?? "incomplete",
    };
  }

  /** The course with the LMS's own mark, where it has set one. */
  marked(course) {
    const mark = this.#launched?.masteryScore ?? null;
    if (mark === null) return course;
    return { ...course, mastery: mark, modules: course.modules.map((module) => ({ ...module, passMark: mark })) };
  }

  start() {
    return this.#facts;
  }

  record({ item, response, result, latencyMs }) {
    if (!this.saves || this.#launched.isEnded) return;
    const said = {
      object: interactionActivity(item, this.course),
      result: {
        response: xapiResponse(item, response),
        success: result.correct,
        score: { scaled: rounded(result.score) },
        duration: duration(latencyMs),
      },
    };
    this.#keeping.say(this.#statement("answered", { ...said, parent: this.#launched.activityId }));
  }

  save({ state, location, status, score }) {
    if (!this.saves) return false;
    if (!this.#launched.isEnded) this.#tell(status, score);
    return this.#keeping.save({ state, location });
  }

  /** Say how it ended, once; nothing is said after it. Answers a promise of the store's answers. */
  finish() {
    if (this.#isEnded || this.#keeping === null || !this.#facts.opened) return Promise.resolve();
    this.#isEnded = true;
    if (this.#launched.isEnded) return this.#keeping.end([]);
    const last = [];
    if (this.#failedScore !== null && !this.#keeping.told.includes("passed")) last.push(this.#judged("failed", this.#failedScore));
    last.push(this.#statement("terminated", { result: { duration: this.#spent() } }));
    this.launch.ended();
    return this.#keeping.end(last);
  }

  // Statements

  async #begin() {
    const answer = await this.#launched.store.post("statements", [this.#statement("initialized", {})]);
    return answer.ok;
  }

  /** `completed` and `passed` are told once in a registration; a pass only with a score that reaches the LMS's mark. */
  #tell(status, score) {
    const { told } = this.#keeping;
    const isDone = status === "passed" || status === "completed";
    if (isDone && !told.includes("completed")) {
      const result = { completion: true, duration: this.#spent() };
      this.#keeping.say(this.#statement("completed", { result }), { once: "completed" });
    }
    if (score === null || told.includes("passed")) return;
    const isPass = status === "passed" && score >= (this.#launched.masteryScore ?? 0) - ROUNDING;
    if (isPass) this.#keeping.say(this.#judged("passed", score), { once: "passed" });
    this.#failedScore = isPass ? null : score;
  }

  #judged(verb, score) {
    const scaled = rounded(score);
    const result = { success: verb === "passed", score: { scaled, raw: Math.round(score * 100), min: 0, max: 100 }, duration: this.#spent() };
    return this.#statement(verb, { result });
  }

  #statement(verb, { object = null, result, parent = null }) {
    const { agent, activityId, registration } = this.#launched;
    const context = structuredClone(this.#launched.contextTemplate);
    if (registration) context.registration = registration;
    this.launch.categorise(context, verb);
    if (parent !== null) add(context, "parent", parent);
    return {
      id: this.newId(),
      actor: agent,
      verb: { id: VERBS + verb, display: { en: verb } },
      object: object ?? { objectType: "Activity", id: activityId },
      ...(result && { result }),
      context,
      timestamp: this.#moment(),
    };
  }

  /** Now, and always after the statement before: their order is that of their times. */
  #moment() {
    this.#lastAt = Math.max(this.#lastAt + 1, this.clock());
    return new Date(this.#lastAt).toISOString();
  }

  #spent() {
    return duration(this.clock() - this.#startedAt);
  }
}

/** Put an activity into a list of the context, once. */
export function add(context, list, id) {
  context.contextActivities ??= {};
  const there = [context.contextActivities[list] ?? []].flat();
  if (!there.some((one) => one.id === id)) there.push({ objectType: "Activity", id });
  context.contextActivities[list] = there;
}

/** The same text for the same learner, whatever else the LMS says of them. */
function learnerKey({ account, mbox, mbox_sha1sum: sum, openid }) {
  return account ? `${account.homePage} ${account.name}` : (mbox ?? sum ?? openid ?? "");
}

function rounded(share) {
  return Math.round(share * 1_000_000) / 1_000_000;
}
