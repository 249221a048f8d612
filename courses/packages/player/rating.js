// From an answer to an FSRS rating. Twin of quizzes/rating.py, under tests/vectors/rating.json; pure.

import { Rating } from "./fsrs.js";
import { TYPED_GUESS } from "./grading.js";

const DEFAULT_PRIOR = 0.5;
const KNOWN_AND_UNSURE = 0.1;
const UNKNOWN_AND_UNSURE = 0.9;
const HURRIED = 0.1;
const SLOW_Z = 1.28;
const QUICK_Z = -1;
const ENOUGH_ANSWERS = 20;

export const Confidence = Object.freeze({ SURE: "sure", UNSURE: "unsure" });

/** Rate the first unaided attempt; without medianMs and logTimeZ the rules that need them are off. */
export function rate({
  correct,
  aided = false,
  confidence = null,
  recall = DEFAULT_PRIOR,
  guess = TYPED_GUESS,
  responseMs = null,
  medianMs = null,
  logTimeZ = null,
  answersOnItem = 0,
  produced = false,
  firstSight = true,
}) {
  if (!correct || aided) return Rating.AGAIN;
  if (confidence === Confidence.UNSURE || isHurried(responseMs, medianMs)) {
    return chanceKnown(recall, guess) >= 0.5 ? Rating.HARD : Rating.AGAIN;
  }
  if (confidence === null || logTimeZ === null || answersOnItem < ENOUGH_ANSWERS) return Rating.GOOD;
  if (logTimeZ > SLOW_Z) return Rating.HARD;
  if (produced && !firstSight && logTimeZ < QUICK_Z) return Rating.EASY;
  return Rating.GOOD;
}

/** Sure and wrong: shown with its explanation. */
export function isMisconception({ correct, confidence = null }) {
  return !correct && confidence === Confidence.SURE;
}

function isHurried(responseMs, medianMs) {
  return responseMs !== null && medianMs !== null && responseMs < HURRIED * medianMs;
}

function chanceKnown(recall, guess) {
  const known = KNOWN_AND_UNSURE * recall;
  const guessed = UNKNOWN_AND_UNSURE * (1 - recall) * guess;
  return known > 0 ? known / (known + guessed) : 0;
}
