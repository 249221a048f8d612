// Two states of one learner that have parted, as one: nothing that was done in either is undone. Pure.

/** `mine` wins where both are equally far. */
export function merge(mine, other) {
  return {
    day: Math.max(mine.day, other.day),
    sequence: Math.max(mine.sequence, other.sequence) + 1,
    language: mine.language ?? other.language,
    lessons: joined(mine.lessons, other.lessons, lesson),
    quizzes: joined(mine.quizzes, other.quizzes, quiz),
    cards: joined(mine.cards, other.cards, card),
  };
}

function joined(mine, other, both) {
  const all = new Map(other);
  for (const [id, value] of mine) all.set(id, all.has(id) ? both(value, all.get(id)) : value);
  return all;
}

function lesson(mine, other) {
  if (mine.done || other.done) return { opened: new Set(), right: new Set(), done: true };
  return { opened: new Set([...mine.opened, ...other.opened]), right: new Set([...mine.right, ...other.right]), done: false };
}

function quiz(mine, other) {
  return {
    attempts: Math.max(mine.attempts, other.attempts),
    best: Math.max(mine.best, other.best),
    passed: mine.passed || other.passed,
    open: mine.attempts >= other.attempts ? mine.open : other.open,
  };
}

/** The card that was seen last. */
function card(mine, other) {
  const seen = ({ memory }) => memory?.lastDay ?? -1;
  return seen(other) > seen(mine) ? other : mine;
}
