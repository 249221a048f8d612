// A small SCORM 2004 learning system around scorm-again: it keeps what was set and committed, and hands it out again.
// window.lms: {refuse: answer "false" to the next Commits, calls: every SetValue, failed: every call that went wrong}.

const asked = new URLSearchParams(window.location.search);
const kept = JSON.parse(window.localStorage.getItem("lms") ?? "null");
const lms = { refuse: false, calls: [], failed: [], commits: 0, finished: 0 };
window.lms = lms;

const api = new window.Scorm2004API({ autocommit: false, logLevel: 5, strict_errors: true });
const isResumed = kept !== null && kept["cmi.exit"] === "suspend";
const OF_ONE_SESSION = ["cmi.exit", "cmi.session_time"];
const values = isResumed ? Object.fromEntries(Object.entries(kept).filter(([element]) => !OF_ONE_SESSION.includes(element))) : {};
api.loadFromFlattenedJSON({
  "cmi.learner_id": "u-4711",
  "cmi.learner_name": "Li, Mei",
  "cmi.entry": isResumed ? "resume" : "ab-initio",
  "cmi.mode": asked.get("mode") ?? "normal",
  "cmi.credit": "credit",
  "cmi.scaled_passing_score": "0.8",
  "cmi.completion_threshold": "1.0",
  ...values,
});

const keep = () => window.localStorage.setItem("lms", JSON.stringify(values));

function checked(name, answer, given) {
  const error = api.GetLastError();
  if (String(error) !== "0") lms.failed.push([name, given, String(error)]);
  return answer;
}

window.API_1484_11 = {
  Initialize: (given) => checked("Initialize", api.Initialize(given)),
  GetValue: (element) => api.GetValue(element),
  SetValue: (element, value) => {
    lms.calls.push([element, value]);
    const answer = checked("SetValue", api.SetValue(element, value), [element, value]);
    if (String(answer) === "true") values[element] = value;
    return answer;
  },
  Commit: (given) => {
    if (lms.refuse) return "false";
    const answer = checked("Commit", api.Commit(given));
    lms.commits += 1;
    keep();
    return answer;
  },
  Terminate: (given) => {
    lms.finished += 1;
    const answer = checked("Terminate", api.Terminate(given));
    if (!lms.refuse) keep();
    return answer;
  },
  GetLastError: () => api.GetLastError(),
  GetErrorString: (code) => api.GetErrorString(code),
  GetDiagnostic: (code) => api.GetDiagnostic(code),
};

const frame = document.createElement("iframe");
frame.id = "sco";
frame.title = "SCO";
frame.src = "sco/index.html";
document.body.append(frame);
