// The program where saving takes time: it waits for the launch, shows `Saving` until an answer comes, and leaves by
// the LMS's own address where it has given one.

import { el } from "./elements.js";
import { merge } from "./merging.js";
import { Program } from "./program.js";
import { Saving } from "./saver.js";
import { openState } from "./session.js";

const LEAVE = { en: "Save and leave", "zh-CN": "保存并离开" };

export class OnlineProgram extends Program {
  /** adapter: XapiSession, the same one however often the start is tried. */
  constructor({ adapter, ...given }) {
    super({ ...given, makeAdapter: () => adapter });
    this.adapter = adapter;
    adapter.onSettled = (isTaken) => this.settled(isTaken);
    adapter.onConflict = (text) => this.meet(text);
  }

  async start() {
    await this.adapter.prepare();
    this.course = this.adapter.marked(this.course);
    const wanted = this.adapter.languages.map((tag) => this.course.languages.find((one) => one.split("-")[0] === tag.split("-")[0]));
    const found = wanted.find((tag) => tag !== undefined);
    if (found) this.setLanguage(found);
    super.start([0]);
  }

  showSaving() {
    if (this.saver.saving === Saving.RETRY && this.adapter.isSending) this.saver.saving = Saving.WAITING;
    super.showSaving();
  }

  settled(isTaken) {
    if (isTaken) this.saver.flush();
    else {
      this.saver.saving = Saving.RETRY;
      this.showSaving();
    }
  }

  /** Another window has learnt on: nothing of either is lost. */
  meet(text) {
    const { state, broken } = openState(text, this.course);
    if (!broken) Object.assign(this.session.state, merge(this.session.state, state));
  }

  bar(progress) {
    const header = super.bar(progress);
    if (this.adapter.returnUrl === null) return header;
    const leave = el("button", { type: "button", class: "btn btn-s btn-quiet", "data-leave": true, on: { click: () => this.leave() } }, LEAVE[this.language] ?? LEAVE.en);
    header.firstElementChild.append(leave);
    return header;
  }

  async leave() {
    this.saver.flush();
    const sent = this.adapter.finish();
    this.saver.close();
    await sent;
    this.window.location.assign(this.adapter.returnUrl);
  }
}
