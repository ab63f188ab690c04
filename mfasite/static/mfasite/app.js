// What pages gain with a script. Elements ask for it by a data- attribute, and all works without.

const page = document.documentElement;
// Countdowns follow the server's clock: a browser's may be wrong by minutes.
const skew = Date.parse(page.dataset.now) - Date.now() || 0;
const all = (selector, root = document) => root.querySelectorAll(selector);
const secondsTo = (instant) => Math.ceil((Date.parse(instant) - Date.now() - skew) / 1000);

function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick() {
  let waiting = false;
  for (const place of all("[data-countdown]")) {
    const left = secondsTo(place.dataset.countdown);
    place.textContent = left > 0 ? clock(left) : "";
    waiting ||= left > 0;
  }
  for (const button of all("[data-wait-until]")) {
    const left = secondsTo(button.dataset.waitUntil);
    button.disabled = left > 0;
    waiting ||= left > 0;
  }
  if (waiting) setTimeout(tick, 500);
}

function watch(box) {
  const words = box.querySelector("[data-status-words]");
  const more = box.querySelector("[data-status-html]");
  const started = Date.now();
  let pause = 1500;
  let timer;
  let asking = false;

  function show(answer) {
    if (answer.state) box.dataset.state = answer.state;
    if (words && answer.words && words.textContent !== answer.words) words.textContent = answer.words;
    if (more && answer.html !== undefined && more.innerHTML !== answer.html) more.innerHTML = answer.html;
    if (answer.retry_at) {
      for (const place of all("[data-retry]")) place.dataset.countdown = answer.retry_at;
      tick();
    }
  }

  function finish(answer) {
    const form = document.querySelector("form[data-autosubmit]");
    if (answer.done && form) form.requestSubmit();
    else if (answer.done && answer.next) location.assign(answer.next);
    else location.reload();
  }

  async function ask() {
    if (document.hidden || asking) return;
    asking = true;
    try {
      const signal = AbortSignal.timeout?.(10_000); // a request hangs if the network changes
      const reply = await fetch(box.dataset.statusUrl, { headers: { Accept: "application/json" }, cache: "no-store", signal });
      if (!reply.ok || reply.redirected) throw new Error(reply.status);
      const answer = await reply.json();
      show(answer);
      // A sent form brings the next page.
      if ((answer.done || answer.reload) && !all(".busy").length) return finish(answer);
      pause = Date.now() - started < 60_000 ? 1500 : Math.min(pause * 1.3, 10_000);
    } catch {
      pause = Math.min(pause * 2, 30_000);
    } finally {
      asking = false;
    }
    timer = setTimeout(ask, pause);
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) ask();
  });
  timer = setTimeout(ask, pause);
}

const lines = (target) =>
  target.matches("ol, ul") ? [...target.children].map((item) => item.innerText.trim()).join("\n") + "\n" : target.innerText.trim();

async function copy(button) {
  const target = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(lines(target));
  } catch {
    getSelection().selectAllChildren(target);
    return;
  }
  const label = button.querySelector("span") ?? button;
  const before = label.textContent;
  label.textContent = button.dataset.done ?? before;
  setTimeout(() => (label.textContent = before), 2000);
}

function download(button) {
  const link = document.createElement("a");
  const head = button.dataset.head ? `${button.dataset.head}\n${location.origin}\n\n` : "";
  const text = head + lines(document.querySelector(button.dataset.download));
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = button.dataset.filename ?? "codes.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function reveal(button) {
  const input = document.getElementById(button.dataset.reveal);
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", shown);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("copy" in button.dataset) copy(button);
  if ("download" in button.dataset) download(button);
  if ("print" in button.dataset) print();
  if ("reveal" in button.dataset) reveal(button);
});

// A menu closes on Escape, which focuses its button, and on a press outside.
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("pointerdown", (event) => {
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// A second click must not send a form twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  for (const shown of all("[data-reveal][aria-pressed=true]", form)) reveal(shown);
  setTimeout(() => delete form.dataset.sent, 8000);
  event.submitter?.classList.add("busy");
});

addEventListener("pageshow", () => {
  for (const form of all("form[data-sent]")) delete form.dataset.sent;
  for (const button of all(".busy")) button.classList.remove("busy");
});

for (const button of all("[data-copy], [data-download], [data-print], [data-reveal]")) button.hidden = false;
// The first field to correct gets the focus.
document.querySelector("[aria-invalid=true]")?.focus();
// On a narrow screen the places scroll sideways: bring the present one into view.
for (const place of all(".nav [aria-current]")) place.scrollIntoView({ block: "nearest", inline: "center" });
for (const box of all("[data-status-url]")) watch(box);
tick();
