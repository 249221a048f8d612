// Entry of a cmi5 assignable unit. Tests may set window.crossdeskClock before this script runs.

import { Cmi5Launch } from "./adapters/cmi5.js";
import { XapiSession } from "./adapters/xapi_session.js";
import { newId } from "./adapters/uuid.js";
import { OnlineProgram } from "./online_program.js";

const course = window.crossdeskCourse;
const clock = window.crossdeskClock ?? (() => Date.now());
const launch = new Cmi5Launch({ window, clock });

new OnlineProgram({ window, course, clock, adapter: new XapiSession({ launch, course, clock, newId }) }).start();
