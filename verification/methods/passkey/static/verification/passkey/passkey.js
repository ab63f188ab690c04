// Asks the browser for a passkey and sends its answer with the form. Source: WebAuthn Level 3, 5.1.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function decoded(options) {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.allowCredentials, options.excludeCredentials]) for (const key of list ?? []) key.id = bytes(key.id);
  return options;
}

function encoded(credential) {
  const answer = credential.response;
  const response = { clientDataJSON: text(answer.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (answer[name]) response[name] = text(answer[name]);
  if (answer.getTransports) response.transports = answer.getTransports();
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

async function optionsOf(form) {
  if (!form.dataset.optionsUrl) return JSON.parse(form.dataset.options);
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const reply = await fetch(form.dataset.optionsUrl, { method: "POST", headers: { "X-CSRFToken": token } });
  return reply.json();
}

let waiting; // the quiet question of the name field, which ends when a button asks aloud

function complain(form, name) {
  const all = [...form.querySelectorAll("[data-passkey-error]")];
  const said = all.find((each) => each.dataset.passkeyError === name) ?? all.at(-1);
  for (const each of all) each.hidden = each !== said;
}

async function ask(form) {
  for (const each of form.querySelectorAll("[data-passkey-error]")) each.hidden = true;
  waiting?.abort();
  try {
    const publicKey = decoded(await optionsOf(form));
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.code.value = encoded(credential);
    form.submit();
  } catch (error) {
    complain(form, error.name);
    delete form.dataset.sent;
    for (const button of form.querySelectorAll(".busy")) button.classList.remove("busy");
  }
}

// Where a passkey stands alone, the browser offers it in the name field. Source: WebAuthn Level 3, 5.1.4 (conditional).
const LIFE = 240_000; // milliseconds; the server keeps a question for five minutes

async function offer(form) {
  waiting = new AbortController();
  const { signal } = waiting;
  const again = setTimeout(() => { waiting.abort(); offer(form); }, LIFE);
  signal.addEventListener("abort", () => clearTimeout(again));
  try {
    const publicKey = decoded(await optionsOf(form));
    const credential = await navigator.credentials.get({ publicKey, signal, mediation: "conditional" });
    form.elements.code.value = encoded(credential);
    form.submit();
  } catch {
    clearTimeout(again); // nobody asked aloud, so nothing is said
  }
}

async function watch(form) {
  const field = document.querySelector("input[autocomplete~=username]");
  if (!field || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  field.autocomplete = "username webauthn";
  if (document.activeElement === field) offer(form);
  else field.addEventListener("focus", () => offer(form), { once: true });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.querySelector("[data-passkey-none]").hidden = true;
  form.querySelector("button").hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form);
  });
  if (form.dataset.optionsUrl) watch(form);
}

// A passkey that was removed here is offered no more by the browser.
for (const { dataset } of document.querySelectorAll("[data-passkey-signal]"))
  window.PublicKeyCredential?.signalAllAcceptedCredentials?.(JSON.parse(dataset.passkeySignal)).catch(() => {});
