// Entry of a SCORM 2004 package. Tests may set window.crossdeskClock before this script runs.

import { Scorm2004 } from "./adapters/scorm2004.js";
import { Program } from "./program.js";

const course = window.crossdeskCourse;
const clock = window.crossdeskClock ?? (() => Date.now());
const share = () => program.session.share();
const makeAdapter = () => new Scorm2004({ window, clock, course, share, keepOpen: course.reviews });
const program = new Program({ window, course, makeAdapter, clock });

program.start();
