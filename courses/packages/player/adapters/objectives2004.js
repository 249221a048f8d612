// One objective a skill (RTE 4.2.17): how many answers were right of how many. The LMS keeps the two counts, so
// they go on over visits; other objectives that it has there already are left alone.

import { skillIri } from "./iris.js";

export class Objectives2004 {
  #tallies = new Map(); // skill -> {index, right, of}

  constructor({ calls, course }) {
    Object.assign(this, { calls, course });
  }

  /** Find the skills among the objectives that are there; the others come after them. */
  start() {
    const skills = [...new Set(Object.values(this.course.points).map((point) => point.skill))].sort();
    const count = Number(this.calls.get("cmi.objectives._count")) || 0;
    const places = new Map();
    for (let at = 0; at < count; at += 1) places.set(this.calls.get(`cmi.objectives.${at}.id`), at);
    let next = count;
    for (const skill of skills) {
      const index = places.get(skillIri(this.course, skill));
      if (index === undefined) this.#tallies.set(skill, { index: next++, right: 0, of: 0 });
      else this.#tallies.set(skill, { index, right: this.#number(index, "raw"), of: this.#number(index, "max") });
    }
  }

  add({ item, result }) {
    const tally = this.#tallies.get(this.course.points[item.point]?.skill);
    if (!tally) return;
    tally.right += result.correct ? 1 : 0;
    tally.of += 1;
  }

  /** The id of an item's objective, once the LMS knows it. */
  idOf(item) {
    const skill = this.course.points[item.point]?.skill;
    return skill === undefined ? null : skillIri(this.course, skill);
  }

  /** Tell what was counted. An LMS that keeps no objectives does not keep the rest from being saved. */
  write({ isDone }) {
    for (const [skill, { index, right, of }] of this.#tallies) {
      const base = `cmi.objectives.${index}`;
      if (!this.calls.set(`${base}.id`, skillIri(this.course, skill))) return;
      const share = of === 0 ? null : right / of;
      const parts = [["completion_status", isDone ? "completed" : "incomplete"]];
      if (share !== null) {
        parts.push(["score.min", "0"], ["score.max", String(of)], ["score.raw", String(right)]);
        parts.push(["score.scaled", String(Math.round(share * 10_000) / 10_000)]);
        if (isDone && share >= this.course.mastery) parts.push(["success_status", "passed"]);
      }
      for (const [part, value] of parts) this.calls.set(`${base}.${part}`, value, { optional: true });
    }
  }

  #number(index, part) {
    return Number(this.calls.get(`cmi.objectives.${index}.score.${part}`)) || 0;
  }
}
