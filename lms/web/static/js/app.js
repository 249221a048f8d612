// Small additions to pages that work without them: waiting buttons, messages, menus, dialogs, keys, listening, ordering.
// Everything is found by data attributes, and every word that it shows comes from the page.

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// ---- forms: show that it is under way, and send once ----
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.target || "download" in form.dataset) return;   // the page stays: it may be sent again
  form.dataset.sent = "yes";
  // aria-busy and not disabled: a disabled button would not send its own name and value
  event.submitter?.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {   // also when the page comes from the back list
  for (const form of all("form[data-sent]")) delete form.dataset.sent;
  for (const button of all("button[aria-busy]")) button.removeAttribute("aria-busy");
});
(document.querySelector("[data-focus]") ?? document.querySelector("[aria-invalid=true]"))?.focus();   // where something is to be mended

for (const button of all("[data-copy]")) {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    source.select();
    await navigator.clipboard?.writeText(source.value);
    button.querySelector("[data-copy-words]").textContent = button.dataset.copied;
  });
}

for (const button of all("[data-copy-text]")) {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copyText);
    getSelection().selectAllChildren(source);   // where the clipboard is closed, the keys for copying still work
    try { await navigator.clipboard.writeText(source.textContent); } catch { return; }
    button.querySelector("[data-copy-words]").textContent = button.dataset.copied;
  });
}

// ---- toasts: put in again so that they are read out; closed by hand, or after a while when nobody is on them ----
const TOAST_MS = 12000;
for (const region of all("[data-toasts]")) {
  const toasts = all("[data-toast]", region);
  region.replaceChildren();
  setTimeout(() => region.append(...toasts), 150);
  for (const toast of toasts) {
    let timer = 0;
    const wait = () => { timer = setTimeout(() => toast.remove(), TOAST_MS); };
    const hold = () => clearTimeout(timer);
    toast.addEventListener("mouseenter", hold);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("mouseleave", wait);
    toast.addEventListener("focusout", wait);
    toast.querySelector("[data-toast-close]")?.addEventListener("click", () => toast.remove());
    wait();
  }
}

// ---- menus are <details>: close them from outside and by Escape ----
document.addEventListener("click", (event) => {
  for (const menu of all("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});

function closeMenu() {
  const menu = document.querySelector("details[data-menu][open]");
  if (!menu) return false;
  menu.open = false;
  menu.querySelector("summary").focus();
  return true;
}

// ---- dialogs: <a|button data-dialog="id">; the element's own link is the way without a script ----
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.dialog).showModal();
  }
  event.target.closest("[data-dialog-close]")?.closest("dialog").close();
});

// ---- keys: an element with data-key is pressed by that key, inside the [data-keys] part in use ----
const KEYS_OFF = "crossdesk-keys-off";
const stored = { get: () => { try { return localStorage.getItem(KEYS_OFF); } catch { return null; } },
  set: (off) => { try { off ? localStorage.setItem(KEYS_OFF, "1") : localStorage.removeItem(KEYS_OFF); } catch { /* private window */ } } };

function showKeys() {
  const off = Boolean(stored.get());
  document.documentElement.toggleAttribute("data-keys-off", off);
  for (const button of all("[data-keys-switch]")) button.textContent = off ? button.dataset.on : button.dataset.off;
}

function keyed(key) {
  const parts = all("[data-keys]");
  const part = document.activeElement.closest("[data-keys]") ?? (parts.length === 1 ? parts[0] : null);
  const find = (within) => all("[data-key]", within).find((element) => element.dataset.key.toLowerCase() === key.toLowerCase());
  return (part && find(part)) ?? (key.length > 1 || parts.length === 0 ? find(document) : undefined);
}

const isTyping = (element) => element.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=button], [type=submit])");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]:modal")) return;
  if (event.key === "Escape" && closeMenu()) return;
  const focused = document.activeElement ?? document.body;
  if (isTyping(focused) || (event.key.length === 1 && stored.get())) return;
  if (event.key === "Enter" && !focused.matches("body, main")) return;   // Enter already presses what is focused
  const element = keyed(event.key);
  if (!element) return;
  event.preventDefault();
  if (element.matches("input")) element.focus();
  element.click();
});
for (const button of all("[data-keys-switch]")) {
  button.addEventListener("click", () => { stored.set(!stored.get()); showKeys(); });
}
showKeys();

// ---- listening: the device's own voice; where it has none, the text opens ----
const VOICES_MS = 1500;   // browsers list their voices late

function voiceFor(language) {
  const fits = speechSynthesis.getVoices().filter((voice) => voice.lang.replace("_", "-").toLowerCase().startsWith(language.slice(0, 2).toLowerCase()));
  const rank = (voice) => (voice.localService ? 2 : 0) + (voice.lang.replace("_", "-").toLowerCase() === language.toLowerCase() ? 1 : 0);
  return fits.sort((a, b) => rank(b) - rank(a))[0];
}

function speak(button) {
  const { speak: words, speakLang: language, speakRate: rate } = button.dataset;
  const going = "speaking" in button.dataset;
  speechSynthesis.cancel();
  if (going) return;
  const saying = new SpeechSynthesisUtterance(words);
  saying.lang = language;
  saying.voice = voiceFor(language) ?? null;
  saying.rate = Number(rate ?? 1);
  saying.onstart = () => { button.dataset.speaking = ""; };
  saying.onend = saying.onerror = () => { delete button.dataset.speaking; };
  speechSynthesis.speak(saying);
}

function offerVoices() {
  for (const part of all("[data-listen]")) {
    const language = part.querySelector("[data-speak]").dataset.speakLang;
    const able = "speechSynthesis" in window && Boolean(voiceFor(language));
    part.querySelector("[data-listen-voice]").hidden = !able;
    part.querySelector("[data-listen-none]").hidden = able;
    const transcript = part.querySelector("[data-transcript]");
    if (!able && transcript) transcript.open = true;
  }
}
for (const button of all("[data-speak]")) button.addEventListener("click", () => speak(button));
if (document.querySelector("[data-listen]")) setTimeout(offerVoices, VOICES_MS);

// ---- order: move by buttons or drag; the hidden selects carry the answer ----
for (const list of all("[data-order]")) {
  const items = () => all("[data-order-item]", list);
  const status = list.nextElementSibling;   // the role=status that the macro puts there
  let held = null;

  const number = () => items().forEach((item, at) => {
    item.querySelector("select").value = String(at + 1);
    item.querySelector("[data-order-place]").textContent = String(at + 1);
    const [up, down] = all("[data-order-move]", item);
    up.setAttribute("aria-disabled", String(at === 0));
    down.setAttribute("aria-disabled", String(at === items().length - 1));
  });
  const say = (item) => {
    const words = { words: item.querySelector("[data-order-words]").textContent, place: items().indexOf(item) + 1, count: items().length };
    status.textContent = list.dataset.orderSaid.replace(/\{(\w+)\}/g, (_, name) => words[name]);
  };
  const settle = (item) => { number(); say(item); };

  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-order-move]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    const item = button.closest("[data-order-item]");
    if (button.dataset.orderMove === "-1") item.previousElementSibling.before(item);
    else item.nextElementSibling.after(item);
    settle(item);
    button.focus();
  });
  list.addEventListener("dragstart", (event) => {
    held = event.target.closest("[data-order-item]");
    held.classList.add("order-held");
    event.dataTransfer.effectAllowed = "move";
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-order-item]");
    if (!held || !over) return;
    event.preventDefault();
    if (over === held) return;
    const box = over.getBoundingClientRect();
    if (event.clientY > box.top + box.height / 2) over.after(held);
    else over.before(held);
  });
  list.addEventListener("dragend", () => {
    held.classList.remove("order-held");
    settle(held);
    held = null;
  });

  // what was chosen before comes back in its places
  const place = (item) => Number(item.querySelector("select").value);
  list.append(...items().sort((a, b) => place(a) - place(b)));
  for (const item of items()) item.draggable = true;
  number();
}
