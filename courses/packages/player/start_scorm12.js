// Entry of a SCORM 1.2 package. Tests may set window.crossdeskClock before this script runs.

import { Scorm12 } from "./adapters/scorm12.js";
import { Program } from "./program.js";

const course = window.crossdeskCourse;
const clock = window.crossdeskClock ?? (() => Date.now());
const makeAdapter = () => new Scorm12({ window, clock, keepOpen: course.reviews });

new Program({ window, course, makeAdapter, clock }).start();
