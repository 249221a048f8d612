// Calls of a SCORM 2004 run-time (RTE 3.1). Every call's return value and error are looked at and logged.

import { findApi } from "./api_search.js";

const LOG_LENGTH = 500;

export class Calls2004 {
  log = [];

  #api = null;
  #written = new Map(); // element -> value that the LMS has taken

  constructor({ window, clock }) {
    Object.assign(this, { window, clock });
  }

  /** Whether a run-time is there. */
  find() {
    this.#api = findApi(this.window, "API_1484_11");
    return this.#api !== null;
  }

  /** The value, "" where there is none yet; null where the LMS would not say. */
  get(element) {
    const value = this.#invoke("GetValue", [element]);
    if (this.lastError() === "403") return ""; // not initialised: nothing was ever written there
    return isError(this.lastError()) ? null : String(value ?? "");
  }

  set(element, value, { optional = false } = {}) {
    if (this.#written.get(element) === value) return true;
    if (!this.call("SetValue", element, value)) return optional;
    this.#written.set(element, value);
    return true;
  }

  /** true where the LMS answered "true" and reports no error. */
  call(name, ...given) {
    const answer = this.#invoke(name, given);
    return String(answer) === "true" && !isError(this.lastError());
  }

  lastError() {
    return this.log[this.log.length - 1].error;
  }

  #invoke(name, given) {
    const entry = { at: this.clock(), name, given, answer: null, error: "0", text: "" };
    try {
      entry.answer = this.#api[name](...given);
      entry.error = String(this.#api.GetLastError());
      if (isError(entry.error)) entry.text = String(this.#api.GetErrorString(entry.error));
    } catch (error) {
      entry.error = "exception";
      entry.text = String(error);
    }
    this.log.push(entry);
    if (this.log.length > LOG_LENGTH) this.log.shift();
    return entry.answer;
  }
}

/** Some platforms answer "" or nothing where they mean "0". */
function isError(code) {
  return !["0", "", "null", "undefined"].includes(code);
}
