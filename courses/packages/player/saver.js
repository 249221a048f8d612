// Keeps the state with the LMS: soon after a change, at once when asked, again and again until it is taken.
// `Saved` is said only after the LMS has taken it. What was not taken has a second line in the browser's storage.

export const Saving = Object.freeze({ IDLE: "idle", WAITING: "waiting", SAVED: "saved", RETRY: "retry", NEVER: "never" });

const SOON = 800;
const RETRIES = [3_000, 6_000, 15_000, 30_000, 60_000];

export class Saver {
  saving = Saving.IDLE;

  #dirty = false;
  #timer = null;
  #failures = 0;
  #closed = false;

  /** adapter: save(payload) -> boolean, finish(). payload: () => what to save. mirror: see Mirror. */
  constructor({ adapter, payload, mirror, timers, onStatus }) {
    Object.assign(this, { adapter, payload, mirror, timers, onStatus });
    if (!adapter.saves) this.saving = Saving.NEVER;
  }

  change({ urgent = false } = {}) {
    if (!this.adapter.saves || this.#closed) return;
    this.#dirty = true;
    if (urgent) this.flush();
    else {
      if (this.saving !== Saving.RETRY) this.#show(Saving.WAITING);
      this.#schedule(SOON);
    }
  }

  /** Save now what is not saved yet; answers whether nothing is left unsaved. */
  flush() {
    if (!this.#dirty || this.#closed || !this.adapter.saves) return !this.#dirty;
    this.#cancel();
    const payload = this.payload();
    if (this.adapter.save(payload)) {
      this.#dirty = false;
      this.#failures = 0;
      this.mirror.clear();
      this.#show(Saving.SAVED);
      return true;
    }
    this.mirror.keep(payload.state);
    this.#schedule(RETRIES[Math.min(this.#failures, RETRIES.length - 1)]);
    this.#failures += 1;
    this.#show(Saving.RETRY);
    return false;
  }

  /** The page goes: save once more, then close the run-time. */
  close() {
    if (this.#closed) return;
    this.flush();
    this.#cancel();
    this.#closed = true;
    this.adapter.finish();
  }

  #schedule(wait) {
    this.#cancel();
    this.#timer = this.timers.setTimeout(() => this.flush(), wait);
  }

  #cancel() {
    if (this.#timer !== null) this.timers.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #show(saving) {
    this.saving = saving;
    this.onStatus(saving);
  }
}

/** A copy of an unsaved state in the browser's storage; works without storage, then it keeps nothing. */
export class Mirror {
  constructor({ window, key }) {
    Object.assign(this, { window, key });
  }

  keep(text) {
    this.#use((storage) => storage.setItem(this.key, text));
  }

  read() {
    return this.#use((storage) => storage.getItem(this.key)) ?? "";
  }

  clear() {
    this.#use((storage) => storage.removeItem(this.key));
  }

  #use(action) {
    try {
      return action(this.window.localStorage);
    } catch {
      return null; // storage is refused in many frames
    }
  }
}
