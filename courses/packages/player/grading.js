// Mark an answer to an item (the JSON of item_document). Twin of quizzes/grading.py and quizzes/typed.py,
// under tests/vectors/grading.json; pure. Any JSON response gives a grade or a ResponseError.

export const TYPED_GUESS = 0.02;

const ROUNDING = 1e-9;
const LONGEST_TYPED = 2000;

/** A response has the wrong shape for its item (not: is a wrong answer). */
export class ResponseError extends Error {}

/** {score 0..1, correct: full marks, parts: id -> handled rightly}. */
export function grade(item, response) {
  switch (item.type) {
    case "single":
    case "listen":
      return gradeSingle(item, response);
    case "multiple":
      return gradeMultiple(item, response);
    case "order":
      return gradeOrder(item, response);
    case "match":
      return gradeMatch(item, response);
    case "numeric":
      return gradeNumeric(item, response);
    case "short_text":
      return whole(accepts(item.accepted, typed(response), item.answer_lang));
    case "cloze":
      return gradeCloze(item, response);
    default:
      throw new RangeError(`no way to grade ${item.type}`);
  }
}

/** The chance of full marks by guessing. `told`: the learner is told how many choices are right. */
export function guess(item, { told = false } = {}) {
  const k = item.choices?.length ?? 0;
  switch (item.type) {
    case "single":
    case "listen":
      return 1 / k;
    case "multiple":
      return 1 / (told ? combinations(k, rightIds(item).length) : 2 ** k - 1);
    case "order":
      return 1 / factorial(k);
    case "match":
      return 1 / factorial(item.pairs.length);
    default:
      return TYPED_GUESS;
  }
}

/** A response with full marks; `lang` prefers the model answer of one language. */
export function correctResponse(item, { lang = null } = {}) {
  switch (item.type) {
    case "single":
    case "listen":
      return rightIds(item)[0];
    case "multiple":
      return rightIds(item);
    case "order":
      return item.choices.map((choice) => choice.id);
    case "match":
      return Object.fromEntries(item.pairs.map((pair) => [pair.id, pair.id]));
    case "numeric":
      return plainNumber(item.answer.value);
    case "short_text":
      return modelAnswer(item.accepted, item.answer_lang ?? lang);
    case "cloze":
      return Object.fromEntries(item.gaps.map((gap) => [gap.id, modelAnswer(gap.accepted, lang)]));
    default:
      throw new RangeError(`no right answer to ${item.type}`);
  }
}

// One function a type

function gradeSingle(item, response) {
  const chosen = knownId(response, item.choices.map((choice) => choice.id));
  return whole(rightIds(item).includes(chosen));
}

function gradeMultiple(item, response) {
  const chosen = idList(response, item.choices.map((choice) => choice.id));
  const right = rightIds(item);
  const parts = {};
  for (const choice of item.choices) parts[choice.id] = chosen.includes(choice.id) === (choice.right ?? false);
  const hits = chosen.filter((id) => right.includes(id)).length;
  const misses = chosen.length - hits;
  return { score: Math.max(0, hits - misses) / right.length, correct: allRight(parts), parts };
}

function gradeOrder(item, response) {
  const ids = item.choices.map((choice) => choice.id);
  const given = idList(response, ids);
  if (given.length !== ids.length) throw new ResponseError(`expected all ${ids.length} lines in an order`);
  return byParts(ids.map((id, place) => [id, given[place] === id]));
}

function gradeMatch(item, response) {
  const pairs = new Map(item.pairs.map((pair) => [pair.id, pair]));
  const ids = [...pairs.keys()];
  const chosen = new Map();
  for (const [left, right] of answersOf(response, ids)) chosen.set(left, pairs.get(knownId(right, ids)));
  return byParts(
    item.pairs.map((pair) => [pair.id, chosen.has(pair.id) && sameWording(chosen.get(pair.id).right, pair.right)]),
  );
}

function gradeNumeric(item, response) {
  const { value, tolerance = 0, unit = {} } = item.answer;
  const text = typed(response);
  const units = Object.values(unit).length > 0 ? Object.values(unit) : [""];
  const room = tolerance + ROUNDING * Math.max(1, Math.abs(value));
  const values = units.flatMap((words) => plausibleNumbers(text, words));
  return whole(values.some((number) => Math.abs(number - value) <= room));
}

function gradeCloze(item, response) {
  const given = new Map();
  for (const [id, answer] of answersOf(response, item.gaps.map((gap) => gap.id))) given.set(id, typed(answer));
  return byParts(item.gaps.map((gap) => [gap.id, given.has(gap.id) && accepts(gap.accepted, given.get(gap.id))]));
}

function accepts(accepted, text, only = null) {
  return Object.entries(accepted)
    .filter(([lang]) => only === null || lang === only)
    .some(([lang, answers]) => answers.some((answer) => normalise(answer, lang) === normalise(text, lang)));
}

// Shapes

function knownId(response, known) {
  if (typeof response !== "string" || !known.includes(response)) {
    throw new ResponseError(`expected one of ${known.join(", ")}`);
  }
  return response;
}

function idList(response, known) {
  if (!Array.isArray(response)) throw new ResponseError(`expected a list of ids out of ${known.join(", ")}`);
  const ids = response.map((id) => knownId(id, known));
  if (new Set(ids).size !== ids.length) throw new ResponseError("expected each id once");
  return ids;
}

function answersOf(response, known) {
  if (typeof response !== "object" || response === null || Array.isArray(response)) {
    throw new ResponseError(`expected an object with the keys ${known.join(", ")}`);
  }
  return Object.entries(response).map(([key, answer]) => [knownId(key, known), answer]);
}

function typed(response) {
  if (typeof response !== "string") throw new ResponseError("expected a text");
  if ([...response].length > LONGEST_TYPED) {
    throw new ResponseError(`expected at most ${LONGEST_TYPED} characters`);
  }
  return response;
}

// Grades and right answers

function whole(right) {
  return { score: right ? 1 : 0, correct: right, parts: {} };
}

function byParts(entries) {
  const parts = Object.fromEntries(entries);
  const right = entries.filter(([, handled]) => handled).length;
  return { score: right / entries.length, correct: allRight(parts), parts };
}

function allRight(parts) {
  return Object.values(parts).every(Boolean);
}

function rightIds(item) {
  return item.choices.filter((choice) => choice.right).map((choice) => choice.id);
}

function modelAnswer(accepted, lang) {
  return (accepted[lang] ?? Object.values(accepted)[0])[0];
}

function plainNumber(value) {
  const written = String(value);
  return written.includes("e") ? value.toFixed(20).replace(/\.?0+$/, "") : written;
}

function sameWording(one, other) {
  if (typeof one === "string" || typeof other === "string") return one === other;
  const languages = Object.keys(one);
  return languages.length === Object.keys(other).length && languages.every((lang) => one[lang] === other[lang]);
}

function factorial(n) {
  return n < 2 ? 1 : n * factorial(n - 1);
}

function combinations(n, m) {
  return m === 0 ? 1 : (combinations(n - 1, m - 1) * n) / m;
}

// Typed answers, as in quizzes/typed.py

const SPACES = /[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;
const INVISIBLE = /[\xad\u200b-\u200f\u2060\ufeff]/gu;
const APOSTROPHES = /[\u2018\u2019\u201b\u2032\u02bc`\xb4\uff07]/gu;
const QUOTES = /["\xab\xbb\u201c-\u201f\u2039\u203a\u2033\uff02\u3008-\u300f\uff62\uff63]/gu;
const DASHES = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/gu;
const WAVES = /[\u301c\uff5e]/gu;
const SPACE_BEFORE_POINT = / +([,.;:!?])/gu;
const ENDS = /^[ ';:!?\xa1\xbf]+|[ '.,;:!?]+$/gu;
const CJK_POINT = /[.,;:!?'()[\]\xb7\u30fb]/u;
const MARKS = /[\u0300-\u036f]/gu;
const KATAKANA = /[\u30a1-\u30f6\u30fd\u30fe]/gu;
const KANA_SHIFT = 0x60;
const KEPT_TILDE = "\ue000";
const GERMAN = { ä: "ae", ö: "oe", ü: "ue" };
const LIGATURES = { ß: "ss", œ: "oe", æ: "ae" };

/** Reduce a typed text to what is compared, by the rules of its language. */
export function normalise(text, lang) {
  const language = lang.split("-")[0].toLowerCase();
  let plain = plainText(text).toLowerCase();
  if (language === "de") plain = replaced(plain, GERMAN);
  plain = withoutAccents(replaced(plain, LIGATURES), language === "es");
  if (language === "ja") {
    plain = plain.replace(KATAKANA, (kana) => String.fromCharCode(kana.charCodeAt(0) - KANA_SHIFT));
  }
  if (language === "zh" || language === "ja") {
    return withoutCjkPoints(plain.replace(ENDS, "").replaceAll(" ", ""));
  }
  return plain.replace(SPACE_BEFORE_POINT, "$1").replace(ENDS, "");
}

/** Every number that the text can mean: "1.500" is 1.5 in English and 1500 in German. */
export function plausibleNumbers(text, unit = "") {
  const matched = NUMBER.exec(plainText(text).toLowerCase().replaceAll("\u3002", "."));
  const values = matched === null ? [] : valuesOf(matched.groups.body.trim());
  if (values.length === 0) throw new ResponseError("expected a number");
  const sign = matched.groups.sign === "-" ? -1 : 1;
  const signed = values.map((value) => sign * value);
  const typedUnit = knownUnit(matched.groups.unit);
  const askedUnit = knownUnit(unit);
  if (typedUnit && askedUnit && typedUnit !== askedUnit) return [];
  if (typedUnit === PER_CENT && !askedUnit) return [...signed, ...signed.map((value) => value / 100)];
  return signed;
}

const NUMBER = new RegExp(
  "^(?:[$\u20ac\xa3\xa5]|us\\$|rmb|cny|eur|usd|gbp|jpy)? ?" +
    "(?<sign>[-+]?) ?(?:[$\u20ac\xa3\xa5] ?)?" +
    "(?<body>[.,]?[0-9](?:[0-9., ']*[0-9])?) ?[.,]?" +
    "(?<unit>[^0-9]{0,40})$",
  "u",
);
const WHOLE = /^[0-9]+$/;
const DECIMAL = /^([0-9]*)[.,]([0-9]+)$/;
const ONE_GROUP = /^([1-9][0-9]{0,2})[.,]([0-9]{3})$/;
const GROUPED = /^([0-9]{1,3}(?:([., '])[0-9]{3})(?:\2[0-9]{3})*)(?:([.,])([0-9]+))?$/;
const MOST_DIGITS = 40;
const PER_CENT = "%";
const UNITS = new Map(
  Object.entries({
    [PER_CENT]: "% percent prozent pourcent パーセント 百分之 个百分点",
    s: "s sec secs second seconds 秒 秒钟 秒間 sek sekunde sekunden seconde secondes segundo segundos",
    min: "m min mins minute minutes 分 分钟 分鐘 分間 minuten minuto minutos",
    h: "h hr hrs hour hours 小时 小時 时 時間 std stunde stunden heure heures hora horas",
    d: "d day days 天 日 日間 tag tage tagen jour jours dia dias",
    w: "w wk week weeks 周 星期 週間 woche wochen semaine semaines semana semanas",
  }).flatMap(([unit, spellings]) => spellings.split(" ").map((spelling) => [spelling, unit])),
);

function plainText(text) {
  const plain = text.replace(WAVES, "~").replace(DASHES, "-").replace(APOSTROPHES, "'").normalize("NFKC");
  return plain.replace(QUOTES, "").replace(INVISIBLE, "").replace(SPACES, " ").replace(/^ +| +$/g, "");
}

function replaced(text, replacements) {
  return Object.entries(replacements).reduce((left, [old, fresh]) => left.replaceAll(old, fresh), text);
}

function withoutAccents(text, keepEnye) {
  let apart = text.normalize("NFD");
  if (keepEnye) apart = apart.replaceAll("n\u0303", `n${KEPT_TILDE}`);
  return apart.replace(MARKS, "").replaceAll(KEPT_TILDE, "\u0303").normalize("NFC");
}

function withoutCjkPoints(text) {
  const characters = [...text.replaceAll("\u3002", ".").replaceAll("\u3001", ",")];
  return characters
    .filter((character, index) => {
      const inNumber = isDigit(characters[index - 1]) && isDigit(characters[index + 1]);
      return inNumber || !CJK_POINT.test(character);
    })
    .join("");
}

function isDigit(character) {
  return character !== undefined && character >= "0" && character <= "9";
}

function valuesOf(body) {
  if (body.length > MOST_DIGITS) return [];
  if (WHOLE.test(body)) return [Number(body)];
  const values = [];
  const decimal = DECIMAL.exec(body);
  if (decimal) values.push(Number(`${decimal[1] || "0"}.${decimal[2]}`));
  const oneGroup = ONE_GROUP.exec(body);
  const grouped = GROUPED.exec(body);
  if (oneGroup) values.push(Number(oneGroup[1] + oneGroup[2]));
  else if (values.length === 0 && grouped && grouped[2] !== grouped[3]) {
    values.push(Number(`${grouped[1].replace(/[., ']/g, "")}.${grouped[4] || "0"}`));
  }
  return values;
}

function knownUnit(words) {
  return UNITS.get(normalise(words, "en")) ?? null;
}
