// Entry of a plain xAPI package. Tests may set window.crossdeskClock before this script runs.

import { TincanLaunch } from "./adapters/tincan.js";
import { XapiSession } from "./adapters/xapi_session.js";
import { newId } from "./adapters/uuid.js";
import { OnlineProgram } from "./online_program.js";

const course = window.crossdeskCourse;
const clock = window.crossdeskClock ?? (() => Date.now());
const launch = new TincanLaunch({ window, clock, course });

new OnlineProgram({ window, course, clock, adapter: new XapiSession({ launch, course, clock, newId }) }).start();
