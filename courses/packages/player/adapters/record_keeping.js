// What a package keeps with a record store: one state document, written with the ETag of the one it replaces, and
// statements under ids of our own, so that what is sent twice is stored once. The program is told at once that
// nothing is saved yet, and again when the store has taken everything.

import { bytesOf } from "./record_store.js";

const STATE_ID = "crossdesk-player";
const FORMAT = 1;
const BATCH_BYTES = 30_000; // so that a batch and a state may be on their way together when the page goes
const GONE_BY = [409, 412]; // somebody else has written the document since it was read

export class RecordKeeping {
  isSending = false;

  #etag = null;
  #document = { format: FORMAT, state: "", location: "", told: [] };
  #taken = null; // the last payload that the store has taken, as text
  #told = []; // verbs that are told once, also those that still wait
  #queue = []; // {statement, once} that wait
  #flying = new Set(); // ids of statements on their way
  #wanted = null; // the newest payload as text
  #sent = null; // the one that is on its way
  #isStale = false; // more was told since the document was written

  /** store: RecordStore. about: {activityId, agent, registration}. onSettled(isTaken), onConflict(state text). */
  constructor({ store, about, onSettled, onConflict }) {
    Object.assign(this, { store, about, onSettled, onConflict });
  }

  /** Read what is kept; answers the document, or null where the store would not say. */
  async read() {
    const answer = await this.store.get("activities/state", this.#place());
    if (answer.status === 404) return this.#document;
    if (!answer.ok || typeof answer.body?.state !== "string") return null;
    this.#etag = answer.etag;
    this.#document = { ...this.#document, ...answer.body };
    this.#told = [...new Set([...this.#told, ...this.#document.told])];
    return this.#document;
  }

  /** Ask the store which of these verbs it has: what went out as a page closed may have arrived, or not. */
  async recall(verbs) {
    const { activityId: activity, agent, registration } = this.about;
    for (const [name, verb] of Object.entries(verbs)) {
      if (this.#told.includes(name)) continue;
      const parameters = { agent: JSON.stringify(agent), activity, registration, verb, limit: 1 };
      const { body } = await this.store.get("statements", parameters);
      if (body?.statements?.length > 0) this.#told.push(name);
    }
  }

  /** The verbs that are told once and were told in this registration. */
  get told() {
    return this.#told;
  }

  say(statement, { once = null } = {}) {
    this.#queue.push({ statement, once });
    if (once !== null) this.#told.push(once);
  }

  /** true where the store has taken this payload and every statement; otherwise they are on their way. */
  save(payload) {
    this.#wanted = JSON.stringify(payload);
    if (this.#wanted === this.#taken && this.#queue.length === 0) return true;
    if (!this.isSending) this.#send();
    return false;
  }

  /** The page goes: everything that waits, and these last statements, go out without waiting for answers. */
  async end(last) {
    const late = this.isSending && this.#wanted !== this.#sent;
    const waiting = this.#queue.map(({ statement }) => statement).filter(({ id }) => !this.#flying.has(id));
    const sent = [];
    if (late) sent.push(this.store.put("activities/state", this.#place(), this.#filled(), undefined));
    for (const batch of batches([...waiting, ...last].map((statement) => ({ statement })))) sent.push(this.#post(batch));
    await Promise.all(sent);
  }

  async #send() {
    this.isSending = true;
    const text = this.#wanted;
    this.#sent = text;
    // Both go out before the first answer: when the page goes, nothing runs after it.
    const [isKept, isSaid] = await Promise.all([this.#putState(text), this.#postStatements()]);
    this.isSending = false;
    if (isKept) this.#taken = this.#isStale ? null : text;
    this.#isStale = false;
    this.onSettled(isKept && isSaid);
  }

  async #putState(text) {
    if (text === this.#taken) return true;
    const answer = await this.store.put("activities/state", this.#place(), this.#filled(), this.#etag);
    if (GONE_BY.includes(answer.status)) await this.#meet();
    if (!answer.ok) return false;
    if (answer.etag) this.#etag = answer.etag;
    return answer.etag ? true : this.#seeAgain(JSON.parse(text));
  }

  /** Many stores do not say the ETag of what they took: read it, and whether it is still ours. */
  async #seeAgain({ state }) {
    const now = await this.store.get("activities/state", this.#place());
    if (!now.ok) return true; // taken; the next write will meet what is there
    this.#etag = now.etag;
    if (now.body?.state === state) return true;
    if (now.body?.state) this.onConflict(now.body.state);
    return false;
  }

  async #postStatements() {
    if (this.#queue.length === 0) return true;
    const [batch] = batches(this.#queue); // the rest follows with the next save
    for (const { statement } of batch) this.#flying.add(statement.id);
    const answer = await this.#post(batch);
    for (const { statement } of batch) this.#flying.delete(statement.id);
    if (!answer.ok) return false;
    this.#queue = this.#queue.filter((one) => !batch.includes(one));
    this.#isStale = batch.some(({ once }) => once !== null);
    return true;
  }

  #post(batch) {
    return this.store.post("statements", batch.map(({ statement }) => statement));
  }

  /** Another window has saved: take its document into account before ours is written again. */
  async #meet() {
    const other = await this.read();
    if (other?.state) this.onConflict(other.state);
  }

  #filled() {
    const { state, location } = JSON.parse(this.#wanted);
    const waiting = this.#queue.map(({ once }) => once);
    this.#document = { ...this.#document, state, location, told: this.#told.filter((name) => !waiting.includes(name)) };
    return this.#document;
  }

  #place() {
    const { activityId, agent, registration } = this.about;
    return { activityId, agent: JSON.stringify(agent), registration, stateId: STATE_ID };
  }
}

/** What waits, in its order, in parts that a browser sends on after the page has gone. */
function batches(waiting) {
  const parts = [];
  let room = 0;
  for (const one of waiting) {
    const size = bytesOf(JSON.stringify(one.statement));
    if (parts.length === 0 || size > room) {
      parts.push([]);
      room = BATCH_BYTES;
    }
    parts[parts.length - 1].push(one);
    room -= size;
  }
  return parts;
}
