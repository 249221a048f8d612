// A SCORM 2004 run-time that can refuse, and a visit to it.

import { Scorm2004 } from "../../../../courses/packages/player/adapters/scorm2004.js";
import { correctResponse, grade } from "../../../../courses/packages/player/grading.js";

/** What a SCORM 2004 run-time is told: {facts, calls, saved, values} after some saves and a leave. */
export function runtime2004({ course, keepOpen = true, values = {}, refused = {}, answers = [], saves = [] }) {
  const kept = { ...values };
  const calls = [];
  let error = "0";
  const answerTo = (element) => {
    error = refused[element] ?? (element in kept ? "0" : "403");
    return error === "0" ? kept[element] : "";
  };
  const API_1484_11 = {
    Initialize: () => "true",
    GetValue: (element) => (element.endsWith("._count") ? ((error = "0"), count(kept, element)) : answerTo(element)),
    SetValue(element, value) {
      calls.push([element, value]);
      error = Object.entries(refused).find(([part]) => element.startsWith(part))?.[1] ?? "0";
      if (error === "0") kept[element] = value;
      return error === "0" ? "true" : "false";
    },
    Commit: () => ((error = "0"), calls.push(["Commit"]), "true"),
    Terminate: () => ((error = "0"), calls.push(["Terminate"]), "true"),
    GetLastError: () => error,
    GetErrorString: () => "",
  };
  const adapter = new Scorm2004({ window: { API_1484_11 }, clock: () => 1_790_000_000_000, course, share: () => 0.5, keepOpen });
  const facts = adapter.start();
  for (const id of answers) {
    const item = course.items[id];
    const response = correctResponse(item, { lang: "en" });
    adapter.record({ item, response, result: grade(item, response), latencyMs: 1000, at: 0, language: "en" });
  }
  const saved = saves.map((payload) => adapter.save({ state: "1abc", location: "overview", ...payload }));
  adapter.finish();
  adapter.finish();
  return { facts, calls, saved, values: kept };
}

function count(kept, element) {
  const stem = element.slice(0, -"_count".length);
  return String(new Set(Object.keys(kept).filter((name) => name.startsWith(stem)).map((name) => name.slice(stem.length).split(".")[0])).size);
}
