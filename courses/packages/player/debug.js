// What went between the player and the LMS, for whoever has to find out why nothing is saved: Ctrl-Alt-D.

import { el } from "./elements.js";

const LONGEST = 120;

export class DebugPanel {
  #panel = null;

  /** program: whose `adapter.log` is shown. */
  constructor(program) {
    this.program = program;
    program.window.document.addEventListener("keydown", (event) => {
      if (!event.ctrlKey || !event.altKey || event.code !== "KeyD") return;
      event.preventDefault();
      this.toggle();
    });
  }

  toggle() {
    if (this.#panel !== null) {
      this.#panel.remove();
      this.#panel = null;
      return;
    }
    const { adapter, course, say, window } = this.program;
    const rows = adapter.log.map(({ at, name, given, answer, error, text }) =>
      el(
        "tr",
        { class: error === "0" ? null : "debug-error" },
        [new Date(at).toISOString().slice(11, 23), name, given.map(cut).join(", "), cut(String(answer)), error === "0" ? "" : `${error} ${text}`].map((cell) => el("td", {}, cell)),
      ),
    );
    this.#panel = el(
      "section",
      { class: "debug", "aria-labelledby": "debug-title", tabindex: "-1" },
      el("h2", { id: "debug-title" }, say("debug")),
      el("p", { class: "meta" }, `${adapter.format} · ${course.scope} · ${course.version}`),
      el("div", { class: "table-wrap", tabindex: "0", role: "group", "aria-labelledby": "debug-title" }, el("table", { class: "table table-s" }, el("tbody", {}, rows))),
    );
    window.document.body.append(this.#panel);
    this.#panel.focus();
  }
}

function cut(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length})` : text;
}
