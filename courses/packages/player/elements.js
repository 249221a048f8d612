// Elements of a page, made from names, attributes and children; texts are always texts.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  check: "m5 12.5 4.5 4.5L19 7.5",
  cross: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  next: "m9.5 6 6 6-6 6",
  back: "m14.5 6-6 6 6 6",
  up: "m6 14.5 6-6 6 6",
  down: "m6 9.5 6 6 6-6",
  play: "M8 5.5v13l10.5-6.5z",
  info: "M12 3.75a8.25 8.25 0 1 0 .1 0M12 11v5M12 8v.1",
  clock: "M12 4a8 8 0 1 0 .1 0M12 7.5V12l3 2",
  lock: "M5.5 10.5h13v9.5h-13zM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5",
  review: "M4.5 12a7.5 7.5 0 0 1 12.9-5.2L20 9.3M20 4.5v4.8h-4.8M19.5 12a7.5 7.5 0 0 1-12.9 5.2L4 14.7M4 19.5v-4.8h4.8",
};

/** An element: `el("p", {class: "meta", lang}, "text", child)`; null and false are left out, `on: {click}` listens. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The elements of HTML that the exporter has cleaned. */
export function trusted(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

export function icon(name, size = "icon-s") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${size}`);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function hidden(text) {
  return el("span", { class: "hidden-text" }, text);
}
