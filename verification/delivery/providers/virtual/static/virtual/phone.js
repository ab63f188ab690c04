// Makes the phone alive: looks every second whether its screen has changed, sends actions without a reload, copies
// codes, speaks a call's words. Without this script every action is a form and every change a reload.

const POLL = 1000; // milliseconds
const POLL_IN_CALL = 350; // the person waits for an answer
const screen = document.getElementById("screen");
const announcer = document.getElementById("announce");
const speaker = { on: false, said: 0, call: "" };
let version = screen?.querySelector("[data-version]")?.dataset.version;

const wantsJson = { Accept: "application/json" };

async function post(form, data = new FormData(form)) {
  try {
    return await fetch(form.action, { method: "POST", body: data, headers: wantsJson, credentials: "same-origin" });
  } catch {
    return { ok: false, status: 0 };
  }
}

function announce(words) {
  if (announcer) announcer.textContent = words;
}

// --- Time: in the zone of the pages, so that phone, portal and messages show the same time ---

const timeZone = document.documentElement.dataset.zone;
const clock = new Intl.DateTimeFormat(undefined, { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const today = new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB"), { timeZone, weekday: "long", day: "numeric", month: "long" });

function tellTime(root = document) {
  const now = new Date();
  for (const each of root.querySelectorAll("time[data-clock]")) each.textContent = clock.format(new Date(each.dateTime));
  for (const each of root.querySelectorAll("time[data-now]")) each.textContent = clock.format(now);
  for (const each of root.querySelectorAll("time[data-today]")) each.textContent = today.format(now);
  for (const each of root.querySelectorAll("time[data-since]")) {
    const seconds = Math.max(0, Math.floor((now - new Date(each.dateTime)) / 1000));
    each.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

// --- The screen: replaced when the server's version differs, focus kept ---

async function look() {
  const answer = await fetch(screen.dataset.stateUrl, { headers: wantsJson, credentials: "same-origin" });
  if (!answer.ok) return;
  const state = await answer.json();
  if (state.version !== version) await redraw();
}

async function redraw() {
  const answer = await fetch(screen.dataset.screenUrl, { credentials: "same-origin" });
  if (!answer.ok) return;
  const before = remember();
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  for (const card of template.content.querySelectorAll(".card[data-id]")) {
    if (before.cards.has(card.dataset.id)) continue;
    card.classList.add("arrives");
  }
  for (const other of template.content.querySelectorAll("template[data-for]")) {
    const place = document.getElementById(other.dataset.for);
    place?.replaceChildren(other.content);
    if (place) tellTime(place);
    other.remove();
  }
  show(template.content);
  version = screen.querySelector("[data-version]")?.dataset.version;
  enliven(screen);
  recall(before);
}

// During a call its keypad stays: a key that is down while its button is replaced would be lost.
function show(content) {
  const pad = screen.querySelector("[data-keypad]");
  const next = content.querySelector("[data-keypad]");
  if (!pad || pad.getAttribute("action") !== next?.getAttribute("action")) return screen.replaceChildren(content);
  for (const part of [".who", ".said", ".collected"]) screen.querySelector(part).replaceWith(content.querySelector(part));
  screen.querySelector("[data-version]").dataset.version = content.querySelector("[data-version]").dataset.version;
}

function remember() {
  const focus = screen.contains(document.activeElement) ? document.activeElement : null;
  return {
    focus: focus?.id || "",
    hadFocus: Boolean(focus),
    face: faceOf(),
    pile: screen.querySelector(".pile")?.scrollTop ?? 0,
    cards: new Set([...screen.querySelectorAll(".card[data-id]")].map((card) => card.dataset.id)),
    open: new Set([...screen.querySelectorAll("details[open]")].map((each) => each.closest("[data-id]")?.dataset.id)),
  };
}

function recall(before) {
  for (const details of screen.querySelectorAll("details")) {
    if (before.open.has(details.closest("[data-id]")?.dataset.id)) details.open = true;
  }
  const pile = screen.querySelector(".pile");
  const newest = screen.querySelector(".arrives");
  if (pile) pile.scrollTop = newest ? 0 : before.pile;
  if (newest) announce([...newest.querySelectorAll("h3, p")].map((each) => each.innerText).join(": "));
  const face = faceOf();
  if (face !== before.face) return changeFace(face, before.hadFocus);
  if (before.focus) document.getElementById(before.focus)?.focus({ preventScroll: true });
}

function faceOf() {
  const face = screen.querySelector("[data-ringing], [data-call]");
  if (!face) return "rest";
  if (face.dataset.ringing) return `ringing ${face.dataset.ringing}`;
  return face.classList.contains("over") ? `over ${face.dataset.call}` : `call ${face.dataset.call}`;
}

function changeFace(face, hadFocus) {
  const idle = hadFocus || document.activeElement === document.body;
  if (face.startsWith("ringing")) {
    announce(screen.querySelector(".who").innerText);
    screen.scrollIntoView({ block: "nearest" });
  }
  const first = { ringing: "answer", call: "key-1", over: "dismiss" }[face.split(" ")[0]];
  if (idle && first) document.getElementById(first)?.focus({ preventScroll: true });
}

// --- Actions ---

const waiting = []; // keys pressed and not yet sent; one post at a time, so that they cannot overtake each other
let sending = false;

async function sendKeys(form) {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const data = new FormData(form);
    data.set("keys", waiting.splice(0).join(""));
    await post(form, data);
  }
  sending = false;
  await redraw();
}

function press(form, key) {
  waiting.push(key);
  const collected = document.getElementById("collected");
  if (collected) collected.textContent += key;
  sendKeys(form);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-keypad]")) {
    event.preventDefault();
    if (event.submitter) press(form, event.submitter.value);
  } else if (form.matches("[data-live]")) {
    event.preventDefault();
    await post(form);
    await redraw();
  } else if (form.matches("[data-quiet]")) {
    event.preventDefault();
    const said = form.querySelector("[data-said]");
    const answer = await post(form);
    said.textContent = answer.ok ? said.dataset.good : said.dataset.bad;
    setTimeout(() => (said.textContent = ""), 4000);
  } else if (form.matches("[data-open-number]")) {
    event.preventDefault();
    const digits = form.elements.number.value.replace(/\D/g, "");
    if (digits) location.assign(`${form.action}+${digits}/`);
  }
});

document.addEventListener("keydown", (event) => {
  const form = document.querySelector("[data-keypad]");
  if (!form || event.ctrlKey || event.metaKey || event.altKey || !/^[0-9*#]$/.test(event.key)) return;
  if (event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  const key = [...form.elements.keys].find((each) => each.value === event.key);
  key?.classList.add("down");
  setTimeout(() => key?.classList.remove("down"), 140);
  press(form, event.key);
});

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const label = copy.textContent;
    await navigator.clipboard?.writeText(copy.dataset.copy).catch(() => {});
    copy.textContent = copy.dataset.done;
    announce(copy.dataset.done);
    setTimeout(() => (copy.textContent = label), 1600);
  }
  if (event.target.closest("[data-speaker]")) {
    speaker.on = !speaker.on;
    if (!speaker.on) speechSynthesis.cancel();
    speaker.said = 0;
    enliven(screen);
  }
});

// --- Speech: the browser's own voice, only when asked for ---

function speak() {
  const call = screen?.querySelector("[data-call]");
  if (!call || !speaker.on) return;
  const lines = [...call.querySelectorAll("[data-voice=caller]")];
  if (speaker.call !== call.dataset.call) Object.assign(speaker, { call: call.dataset.call, said: 0 });
  else if (speaker.said === 0) speaker.said = Math.max(0, lines.length - 1);
  for (const line of lines.slice(speaker.said)) {
    const words = [...line.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("");
    const utterance = new SpeechSynthesisUtterance(words);
    utterance.lang = call.dataset.language;
    utterance.rate = 0.95;
    speechSynthesis.speak(utterance);
  }
  speaker.said = lines.length;
}

// --- What every fresh piece of page needs ---

function enliven(root) {
  if (!root) return;
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  for (const button of root.querySelectorAll("[data-speaker]")) {
    button.hidden = !("speechSynthesis" in window);
    button.setAttribute("aria-pressed", String(speaker.on));
  }
  const said = root.querySelector("#said");
  if (said) said.scrollTop = said.scrollHeight;
  tellTime(root);
  speak();
}

document.documentElement.classList.add("alive");
enliven(document.body);
setInterval(tellTime, 1000);

if (screen) {
  const loop = async () => {
    await look().catch(() => {});
    setTimeout(loop, screen.querySelector("[data-call]:not(.over)") ? POLL_IN_CALL : POLL);
  };
  setTimeout(loop, POLL);
}
