// A record store that can refuse, and what is kept with it step by step.

import { RecordKeeping } from "../../../../courses/packages/player/adapters/record_keeping.js";

/**
 * steps: {say: [ids], once, size}, {save: location}, {refuse: [resources]}, {other: document}, {hold: true}, {release: true},
 * {overtaken: the document of another window, written right after ours}, {end: [ids]}. tells: a PUT answers its ETag.
 * Answers {saved, settled, conflicts, posted: batches of ids, sizes, puts, document, told}.
 */
export async function recordKeeping({ document = null, known = [], tells = true, steps }) {
  const found = { saved: [], settled: [], conflicts: [], posted: [], sizes: [], puts: [] };
  let kept = document && { body: document, etag: '"0"' };
  let count = 0;
  let refused = [];
  let overtaken = null;
  let release = null;
  let held = Promise.resolve();
  const no = (status) => ({ ok: false, status, etag: null, body: null });
  const store = {
    async get(resource, { verb }) {
      if (resource === "statements") return { ok: true, status: 200, body: { statements: known.includes(verb) ? [{}] : [] } };
      return kept ? { ok: true, status: 200, ...kept } : no(404);
    },
    async put(resource, place, body, seen) {
      found.puts.push({ location: body.location, told: body.told, seen: seen ?? (seen === null ? "none" : "any") });
      await held;
      if (refused.includes("state")) return no(503);
      if (seen !== undefined && seen !== (kept?.etag ?? null)) return no(412);
      kept = { body, etag: `"${(count += 1)}"` };
      if (overtaken) kept = { body: overtaken, etag: '"other"' };
      return { ok: true, status: 204, etag: tells ? kept.etag : null, body: null };
    },
    async post(resource, statements) {
      found.posted.push(statements.map(({ id }) => id));
      found.sizes.push(JSON.stringify(statements).length);
      await held;
      return refused.includes("statements") ? no(503) : { ok: true, status: 200, etag: null, body: [] };
    },
  };
  const keeping = new RecordKeeping({
    store,
    about: { activityId: "https://a.test", agent: {}, registration: "r" },
    onSettled: (isTaken) => found.settled.push(isTaken),
    onConflict: (state) => found.conflicts.push(state),
  });
  await keeping.read();
  await keeping.recall({ completed: "completed", passed: "passed" });
  for (const step of steps) {
    if (step.say) for (const id of step.say) keeping.say({ id, padding: "x".repeat(step.size ?? 0) }, { once: step.once ?? null });
    if (step.refuse) refused = step.refuse;
    if ("overtaken" in step) overtaken = step.overtaken;
    if (step.other) kept = { body: step.other, etag: '"other"' };
    if (step.hold) held = new Promise((resolve) => (release = resolve));
    if (step.save) found.saved.push(keeping.save({ state: `1${step.save}`, location: step.save }));
    if (step.end) keeping.end(step.end.map((id) => ({ id })));
    if (step.release) {
      release();
      held = Promise.resolve();
    }
    if (!step.hold && !release) await settle();
    if (step.release) await settle();
  }
  return { ...found, document: kept?.body ?? null, told: keeping.told };
}

/** Let every answer that is on its way arrive. */
async function settle() {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}
