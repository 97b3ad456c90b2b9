"use strict";

// Everything that was received is shown with textContent: no text becomes markup.
const at = (id) => document.getElementById(id);
const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};
const SVG = "http://www.w3.org/2000/svg";
const draw = (tag, attributes, text = "") => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
};

const requests = new Map(); // number -> {summary, row}
let run = "", version = 0, paused = false, chosen = 0, tab = "timeline", detail = null, loaded = "", rest = 0;
let token = sessionStorage.getItem("token") || "";

const seconds = (value) => value === null ? "" : value >= 1 ? `${value.toFixed(2)} s`
  : `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms`;
const bytes = (value) => value < 10000 ? `${value} B` : `${(value / 1024).toFixed(1)} KiB`;
const clock = (value) => new Date(value * 1000).toLocaleTimeString([], { hour12: false });
const tokens = (one) => one.input_tokens === null && one.output_tokens === null
  ? "" : `${one.input_tokens ?? "?"} + ${one.output_tokens ?? "?"}`;
const look = (one) => one.state === "open" ? "open" : one.state === "cut off" || one.status >= 500 ? "bad"
  : one.status >= 400 ? "warn" : "good";
const statusOf = (one) => `${one.status ?? "–"}${one.state === "whole" ? "" : ` ${one.state}`}`;

async function get(path, options = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { ...options, headers, cache: "no-store" });
  if (answer.status === 401) {
    at("login").hidden = false;
    throw new Error("token");
  }
  if (!answer.ok && answer.status !== 404) throw new Error(`the gateway answered ${answer.status}`);
  at("login").hidden = true;
  return answer;
}

async function poll() {
  let wait = 1;
  try {
    if (!paused && !document.hidden) {
      const answer = await get(`requests?run=${run}&since=${version}`);
      wait = Number(answer.headers.get("x-wait")) || 1;
      update(await answer.json());
      await refresh();
    }
    notice("");
  } catch (error) {
    wait = 2;
    notice(error.message === "token" ? "" : "The gateway does not answer. Trying again.");
  }
  setTimeout(poll, wait * 1000);
}

function notice(text) {
  at("notice").hidden = !text;
  at("notice").textContent = text;
}

function update(found) {
  if (found.run !== run) {
    requests.clear();
    at("rows").replaceChildren();
    run = found.run;
  }
  version = found.version;
  for (const [number, { row }] of requests) {
    if (number >= found.oldest) break;
    row.remove();
    requests.delete(number);
  }
  for (const summary of found.requests) show(summary);
  for (const [number, pieces, size, seconds] of found.progress) {
    const known = requests.get(number);
    if (known) show({ ...known.summary, pieces, size, seconds });
  }
  count();
}

function show(summary) {
  let entry = requests.get(summary.number);
  if (!entry) {
    entry = { row: newRow(summary.number) };
    requests.set(summary.number, entry);
    at("rows").prepend(entry.row);
  }
  entry.summary = summary;
  const [time, what, status, first, total, chunks, used, cost] = entry.row.cells;
  time.textContent = clock(summary.started);
  what.replaceChildren(`${summary.method} ${summary.path}`, make("small", { textContent: summary.target }));
  status.textContent = statusOf(summary);
  status.className = `status ${look(summary)}`;
  if (summary.fault) status.append(make("span", { className: "fault", textContent: summary.fault }));
  first.textContent = seconds(summary.first);
  total.textContent = seconds(summary.seconds);
  chunks.textContent = summary.pieces;
  used.textContent = tokens(summary);
  cost.textContent = summary.cost ?? "";
  entry.row.hidden = !fits(summary);
}

function newRow(number) {
  const cell = (className, name = "") => {
    const node = make("td", { className });
    node.dataset.name = name;
    return node;
  };
  const row = make("tr", { tabIndex: 0 }, cell("time"), cell("what"), cell("status"), cell("rest number wide", "first"),
    cell("rest number", "total"), cell("chunks number wide"), cell("rest number", "tokens"),
    cell("rest number wide", "cost"));
  row.addEventListener("click", () => choose(number));
  row.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(number); });
  return row;
}

function fits(one) {
  const words = at("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${one.method} ${one.path} ${one.target} ${one.status} ${one.state} ${one.fault ?? ""}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function count() {
  let open = 0;
  for (const { summary } of requests.values()) open += summary.state === "open";
  at("counts").textContent = `${requests.size} requests, ${open} open`;
  at("empty").hidden = requests.size > 0;
}

async function choose(number) {
  requests.get(chosen)?.row.classList.remove("chosen");
  chosen = number;
  loaded = "";
  rest = 0;
  at("detail").hidden = !number;
  document.body.classList.toggle("split", Boolean(number));
  if (number) {
    requests.get(number)?.row.classList.add("chosen");
    await refresh().catch(() => notice("The gateway does not answer. Trying again."));
  }
}

async function refresh() {
  const summary = requests.get(chosen)?.summary;
  const key = summary && `${chosen} ${summary.pieces} ${summary.state} ${summary.cost}`;
  if (!summary || key === loaded || (summary.state === "open" && performance.now() < rest)) return;
  const answer = await get(`requests/${chosen}`);
  rest = performance.now() + 1000 * (Number(answer.headers.get("x-wait")) || 1);
  const found = await answer.json();
  if (answer.status === 404 || found.summary.number !== chosen) return;
  loaded = key;
  detail = found;
  render();
}

function render() {
  const one = detail.summary;
  at("title").textContent = `${one.method} ${detail.url}`;
  const facts = [
    ["model", one.target], ["status", statusOf(one)], ["fault", one.fault], ["head", seconds(one.head)],
    ["first chunk", seconds(one.first)], ["total", seconds(one.seconds)], ["chunks", one.pieces],
    ["size", bytes(one.size)], ["tokens", tokens(one)],
    ["cost", one.cost ?? (one.state === "open" ? "" : "unknown")],
  ].filter(([, value]) => value || value === 0);
  at("facts").replaceChildren(...facts.map(([name, value]) =>
    make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))));
  for (const button of document.querySelectorAll("nav button")) {
    button.setAttribute("aria-selected", String(button.dataset.tab === tab));
  }
  at("panel").replaceChildren(...PANELS[tab]());
}

const PANELS = {
  timeline() {
    const parts = [...kept(), timeline()];
    let before = 0;
    const rows = detail.pieces.map((piece) => {
      const row = make("tr", {},
        make("td", { className: "number", textContent: seconds(piece.at) }),
        make("td", { className: "number", textContent: `+${seconds(piece.at - before)}` }),
        make("td", { className: "number", textContent: bytes(piece.size) }),
        make("td", { textContent: piece.text.trimEnd() || "⏎" }));
      before = piece.at;
      return row;
    });
    return [...parts, make("table", { className: "pieces" }, make("tbody", {}, ...rows))];
  },
  request: () => [...kept(), ...body(detail.request_headers, detail.request, detail.request_cut)],
  answer: () => [...kept(), ...body(detail.answer_headers, detail.pieces.map((piece) => piece.text).join(""), detail.answer_cut)],
  copy: () => Object.entries(detail.snippets).flatMap(([name, code]) => {
    const button = make("button", { type: "button", textContent: `Copy as ${name}` });
    button.addEventListener("click", () => copy(button, code));
    return [make("h3", {}, name, button), make("pre", { textContent: code })];
  }),
};

function kept() {
  return detail.forgotten
    ? [make("p", { className: "note", textContent: "The bodies were dropped to make room for newer requests." })] : [];
}

function body(headers, text, cut) {
  const shown = pretty(text);
  const parts = [make("h3", { textContent: "Headers" }),
    make("pre", { textContent: headers.map(([name, value]) => `${name}: ${value}`).join("\n") || "none" }),
    make("h3", { textContent: "Body" }), make("pre", { textContent: shown || "empty" })];
  if (cut) parts.push(make("p", { className: "note", textContent: "Only the first part of this body is stored." }));
  return parts;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// Time runs to the right; each chunk is a line whose height grows with the logarithm of its size.
function timeline() {
  const width = 1000, one = detail.summary, total = Math.max(one.seconds, 0.001);
  const chart = draw("svg", { viewBox: `0 0 ${width} 84`, preserveAspectRatio: "none", role: "img", "aria-label": `${one.pieces} chunks in ${seconds(total)}` });
  const x = (time) => 6 + (width - 12) * Math.min(time / total, 1);
  const line = (time, height, kind) => draw("line", { x1: x(time), x2: x(time), y1: 70, y2: 70 - height, class: kind, "vector-effect": "non-scaling-stroke" });
  for (const piece of detail.pieces) chart.append(line(piece.at, Math.min(60, 8 + 6 * Math.log2(1 + piece.size)), "piece"));
  if (one.head !== null) chart.append(line(one.head, 64, "head"));
  if (one.state !== "open") chart.append(line(total, 64, one.state === "whole" ? "end" : "cut"));
  const scale = make("p", { className: "note" },
    `0 to ${seconds(total)}; green: the head, blue: ${one.pieces} chunks, ${one.state === "open" ? "still open" : one.state === "whole" ? "grey: the end" : "red: cut off"}`);
  const holder = make("div", {});
  holder.append(chart, scale);
  return holder;
}

async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch { // without https the clipboard exists only on loopback
    getSelection().selectAllChildren(button.parentElement.nextElementSibling);
    button.textContent = "Selected: press Ctrl-C";
  }
  setTimeout(() => { button.textContent = label; }, 2000);
}

at("filter").addEventListener("input", () => {
  for (const { row, summary } of requests.values()) row.hidden = !fits(summary);
});
at("pause").addEventListener("click", () => {
  paused = !paused;
  at("pause").textContent = paused ? "Resume" : "Pause";
  at("pause").setAttribute("aria-pressed", String(paused));
});
at("clear").addEventListener("click", async () => {
  await get("requests", { method: "DELETE" }).catch(() => notice("The gateway does not answer. Trying again."));
  choose(0);
});
at("close").addEventListener("click", () => choose(0));
at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value;
  sessionStorage.setItem("token", token);
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") choose(0); });
for (const button of document.querySelectorAll("nav button")) {
  button.addEventListener("click", () => { tab = button.dataset.tab; if (detail) render(); });
}
poll();
