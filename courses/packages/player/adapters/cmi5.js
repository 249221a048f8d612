// A cmi5 launch (cmi5 1.0, 8 to 11): the token, the LMS's launch data, and what the learner prefers.

import { RecordStore } from "./record_store.js";
import { add } from "./xapi_session.js";

const CATEGORIES = "https://w3id.org/xapi/cmi5/context/categories/";
const MASTERY = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore";
const SETTLED = ["completed", "passed", "failed"]; // verbs whose result says success or completion
const JUDGED = ["passed", "failed"];

export class Cmi5Launch {
  format = "cmi5";
  log = [];

  #data = {};

  constructor({ window, clock }) {
    Object.assign(this, { window, clock });
    const given = new URLSearchParams(window.location.search);
    this.given = Object.fromEntries(["endpoint", "fetch", "actor", "registration", "activityId"].map((name) => [name, given.get(name)]));
    this.agent = parsed(this.given.actor);
    this.isThere = Object.values(this.given).every(Boolean) && this.agent !== null;
    this.key = `crossdesk cmi5 ${this.given.fetch}`;
  }

  /** What a session needs, or null where the LMS refused. */
  async open() {
    const { endpoint, registration, activityId } = this.given;
    const { agent } = this;
    const token = await this.#token();
    if (token === null) return null;
    const store = new RecordStore({ window: this.window, clock: this.clock, endpoint, authorization: `Basic ${token}` });
    store.log = this.log;
    const place = { activityId, agent: JSON.stringify(agent), registration, stateId: "LMS.LaunchData" };
    const { ok, body: data } = await store.get("activities/state", place);
    if (!ok || data === null) return null;
    this.#data = data;
    return {
      store,
      agent,
      activityId,
      registration,
      contextTemplate: data.contextTemplate ?? {},
      masteryScore: typeof data.masteryScore === "number" ? data.masteryScore : null,
      mode: (data.launchMode ?? "Normal").toLowerCase(),
      returnUrl: /^https?:/i.test(data.returnURL ?? "") ? data.returnURL : null, // never a script
      languages: await this.#languages(store, agent),
      isEnded: this.#kept().isEnded ?? false,
    };
  }

  /** Statements that cmi5 defines bear its category; others must not. */
  categorise(context, verb) {
    const { category = [], ...lists } = context.contextActivities ?? {};
    const others = [category].flat().filter(({ id }) => !id.startsWith(CATEGORIES));
    context.contextActivities = others.length > 0 ? { ...lists, category: others } : lists;
    if (verb === "answered") return;
    add(context, "category", `${CATEGORIES}cmi5`);
    if (SETTLED.includes(verb)) add(context, "category", `${CATEGORIES}moveon`);
    const mark = this.#data.masteryScore;
    if (JUDGED.includes(verb) && mark !== undefined) context.extensions = { ...context.extensions, [MASTERY]: mark };
  }

  /** After `terminated` no statement may follow: a page that is loaded again in this visit keeps only its state. */
  ended() {
    this.#keep({ ...this.#kept(), isEnded: true });
  }

  /** The address gives a token once; it is kept for this tab, where the page may be loaded again. */
  async #token() {
    const { token } = this.#kept();
    if (token) return token;
    const entry = { at: this.clock(), name: "POST fetch", given: [], answer: null, error: "0", text: "" };
    this.log.push(entry);
    try {
      const answer = await this.window.fetch(this.given.fetch, { method: "POST", cache: "no-store" });
      const said = await answer.json();
      entry.answer = String(answer.status);
      const fresh = said["auth-token"];
      if (!fresh) Object.assign(entry, { error: said["error-code"] ?? "no token", text: said["error-text"] ?? "" });
      else this.#keep({ token: fresh });
      return fresh ?? null;
    } catch (error) {
      Object.assign(entry, { error: "exception", text: String(error) });
      return null;
    }
  }

  /** None where the learner has set none: 404 is what most systems answer. */
  async #languages(store, agent) {
    const { ok, body } = await store.get("agents/profile", { agent: JSON.stringify(agent), profileId: "cmi5LearnerPreferences" });
    const listed = ok && typeof body?.languagePreference === "string" ? body.languagePreference : "";
    return listed.split(",").map((tag) => tag.trim()).filter(Boolean);
  }

  #kept() {
    try {
      return JSON.parse(this.window.sessionStorage.getItem(this.key) ?? "{}");
    } catch {
      return {}; // storage is refused in many frames
    }
  }

  #keep(values) {
    try {
      this.window.sessionStorage.setItem(this.key, JSON.stringify(values));
    } catch {
      // then a page that is loaded again has no token, and says so
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
