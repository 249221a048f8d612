// A plain xAPI launch: everything stands in the address. Also the actor of old launches, whose parts are lists.

import { RecordStore } from "./record_store.js";

const IDENTIFIERS = ["account", "mbox", "mbox_sha1sum", "openid"];

export class TincanLaunch {
  format = "xAPI";
  log = [];

  constructor({ window, clock, course }) {
    Object.assign(this, { window, clock, course });
    const given = new URLSearchParams(window.location.search);
    this.endpoint = given.get("endpoint");
    this.authorization = given.get("auth");
    this.registration = given.get("registration");
    this.activityId = given.get("activity_id") ?? course.iri;
    this.grouping = given.get("grouping");
    this.agent = agentOf(given.get("actor"));
    this.isThere = Boolean(this.endpoint && this.authorization && this.agent);
  }

  /** What a session needs. */
  async open() {
    const { window, clock, endpoint, authorization, agent, activityId, registration, grouping } = this;
    const store = new RecordStore({ window, clock, endpoint, authorization });
    store.log = this.log;
    return {
      store,
      agent,
      activityId,
      registration,
      contextTemplate: grouping ? { contextActivities: { grouping: [{ objectType: "Activity", id: grouping }] } } : {},
      masteryScore: null,
      mode: "normal",
      returnUrl: null,
      languages: [],
      isEnded: false,
    };
  }

  /** A plain launch knows no categories. */
  categorise() {}

  /** Every load of the page is a visit of its own. */
  ended() {}
}

/** An agent of today, or null: old launches give lists, and an account by other names. */
export function agentOf(text) {
  const given = parsed(text);
  if (given === null || typeof given !== "object") return null;
  const agent = { objectType: "Agent" };
  for (const name of ["name", ...IDENTIFIERS]) {
    const [value] = [given[name] ?? []].flat();
    if (value !== undefined) agent[name] = value;
  }
  if (agent.account?.accountName !== undefined) {
    agent.account = { homePage: agent.account.accountServiceHomePage, name: agent.account.accountName };
  }
  if (agent.mbox && !agent.mbox.startsWith("mailto:")) agent.mbox = `mailto:${agent.mbox}`;
  // Exactly one of them says who it is (xAPI 1.0.3 part 2, 2.4.2.3).
  const [known, ...others] = IDENTIFIERS.filter((name) => name in agent);
  for (const name of others) delete agent[name];
  return known === undefined ? null : agent;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
