// Find an LMS's run-time API: own window, its parents, then the openers and theirs. Never through the topmost one,
// and a window of another site, which throws when it is touched, is passed over.

const MOST_WINDOWS = 500;

/** The API object of this name, or null. */
export function findApi(start, name) {
  const seen = new Set();
  const openers = [];
  let found = climb(start, name, seen, openers);
  while (found === null && openers.length > 0 && seen.size < MOST_WINDOWS) found = climb(openers.shift(), name, seen, openers);
  return found;
}

function climb(start, name, seen, openers) {
  let win = start;
  while (win && !seen.has(win) && seen.size < MOST_WINDOWS) {
    seen.add(win);
    const api = read(win, name);
    if (api) return api;
    const opener = read(win, "opener");
    if (opener) openers.push(opener);
    const parent = read(win, "parent");
    win = parent === win ? null : parent;
  }
  return null;
}

function read(win, name) {
  try {
    return win[name] ?? null;
  } catch {
    return null; // another site's window
  }
}
