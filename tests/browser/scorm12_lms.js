// A small SCORM 1.2 learning system around scorm-again: it keeps what was committed, and hands it out again.
// window.lms: {refuse: answer "false" to the next Commits, store: what is kept, calls: every SetValue}.

const asked = new URLSearchParams(window.location.search);
const kept = JSON.parse(window.localStorage.getItem("lms") ?? "null");
const lms = { refuse: false, calls: [], commits: 0, finished: 0, api: null };
window.lms = lms;

const api = new window.Scorm12API({ autocommit: false, logLevel: 5, mastery_override: true, strict_errors: true });
const isResumed = kept !== null && kept.exit === "suspend";
const start = {
  "cmi.core.student_id": "u-4711",
  "cmi.core.student_name": "Li, Mei",
  "cmi.core.entry": isResumed ? "resume" : "ab-initio",
  "cmi.core.lesson_mode": asked.get("mode") ?? "normal",
  "cmi.core.credit": "credit",
  "cmi.student_data.mastery_score": "80",
};
if (kept !== null) {
  start["cmi.core.lesson_status"] = kept.status;
  start["cmi.core.score.raw"] = kept.score;
  if (isResumed) start["cmi.core.lesson_location"] = kept.location;
  if (isResumed) start["cmi.suspend_data"] = kept.state;
}
api.loadFromFlattenedJSON(start);

function keep() {
  const { core, suspend_data: state, interactions } = JSON.parse(JSON.stringify(api.cmi));
  const before = kept?.interactions ?? [];
  const now = Object.values(interactions?.childArray ?? interactions ?? {});
  const store = {
    status: core.lesson_status,
    score: core.score.raw,
    min: core.score.min,
    max: core.score.max,
    location: core.lesson_location,
    exit: api.cmi.core.toJSON ? (lms.exit ?? "") : "",
    session: core.session_time,
    state,
    interactions: [...before, ...now],
  };
  window.localStorage.setItem("lms", JSON.stringify(store));
}

window.API = {
  LMSInitialize: (given) => api.LMSInitialize(given),
  LMSGetValue: (element) => api.LMSGetValue(element),
  LMSSetValue: (element, value) => {
    lms.calls.push([element, value]);
    if (element === "cmi.core.exit") lms.exit = value;
    return api.LMSSetValue(element, value);
  },
  LMSCommit: (given) => {
    if (lms.refuse) return "false";
    const answer = api.LMSCommit(given);
    lms.commits += 1;
    keep();
    return answer;
  },
  LMSFinish: (given) => {
    lms.finished += 1;
    const answer = api.LMSFinish(given);
    if (!lms.refuse) keep();
    return answer;
  },
  LMSGetLastError: () => api.LMSGetLastError(),
  LMSGetErrorString: (code) => api.LMSGetErrorString(code),
  LMSGetDiagnostic: (code) => api.LMSGetDiagnostic(code),
};

const frame = document.createElement("iframe");
frame.id = "sco";
frame.title = "SCO";
frame.src = "sco/index.html";
document.body.append(frame);
