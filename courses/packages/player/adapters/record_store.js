// Requests to a learning record store (xAPI 1.0.3 part 3). Every request and its answer are logged for the debug panel.

const VERSION = "1.0.3";
const LOG_LENGTH = 500;
const PATIENCE = 20_000;
const MOST_BYTES = 60_000; // a browser refuses a request that outlives its page where more is on the way (64 KiB)

export class RecordStore {
  log = [];

  /** endpoint: with or without a slash at its end. authorization: the header's value. */
  constructor({ window, clock, endpoint, authorization }) {
    Object.assign(this, { window, clock, authorization, endpoint: endpoint.replace(/\/*$/, "/") });
  }

  get(resource, parameters) {
    return this.#send("GET", resource, parameters, {});
  }

  /** seen: the ETag of what is replaced, null where there was nothing, undefined to replace whatever is there. */
  put(resource, parameters, body, seen) {
    const headers = { "Content-Type": "application/json" };
    if (seen === null) headers["If-None-Match"] = "*";
    else if (seen !== undefined) headers["If-Match"] = seen;
    return this.#send("PUT", resource, parameters, { headers, body: JSON.stringify(body) });
  }

  post(resource, body) {
    return this.#send("POST", resource, {}, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  }

  /** {ok, status, etag, body: the JSON or null}; status 0 where nothing came back. Never throws. */
  async #send(method, resource, parameters, { headers = {}, body }) {
    const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
    const query = String(new URLSearchParams(given));
    const address = `${this.endpoint}${resource}${query && "?"}${query}`;
    const entry = { at: this.clock(), name: `${method} ${resource}`, given: [body ?? query], answer: null, error: "0", text: "" };
    this.log.push(entry);
    if (this.log.length > LOG_LENGTH) this.log.shift();
    try {
      const answer = await this.window.fetch(address, {
        method,
        body,
        cache: "no-store",
        credentials: "omit",
        keepalive: body !== undefined && bytesOf(body) <= MOST_BYTES, // goes on when the page goes
        signal: AbortSignal.timeout(PATIENCE),
        headers: { Authorization: this.authorization, "X-Experience-API-Version": VERSION, ...headers },
      });
      const text = await answer.text();
      entry.answer = `${answer.status}`;
      if (!answer.ok) Object.assign(entry, { error: String(answer.status), text: text.slice(0, 500) });
      return { ok: answer.ok, status: answer.status, etag: answer.headers.get("ETag"), body: parsed(text) };
    } catch (error) {
      Object.assign(entry, { error: "exception", text: String(error) });
      return { ok: false, status: 0, etag: null, body: null };
    }
  }
}

export function bytesOf(text) {
  return new TextEncoder().encode(text).length;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
