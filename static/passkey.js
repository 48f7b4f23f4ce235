"use strict";
// The one thing a page cannot do without a script: asking the browser for a passkey. Everything else on these pages is plain HTML.

const texts = JSON.parse(document.currentScript.dataset.texts); // what there is to say, in the language of the page

const ANSWER_WITHIN_MS = 30_000; // the server's answers take milliseconds; nobody waits for ever
const REARM_AFTER_MS = 240_000; // before the challenge under the autofill ends
const YOUNG_MS = 55_000; // a prompt may stay open for five minutes, and a challenge lasts six

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// What the server said no with; `code` is its machine-readable word, "" when it could not even say that, `problem` what an administrator looks it up by, and
// `mishap` what this page files where the server had nothing to say.
class Refused extends Error {
  constructor(code, message, problem = "", mishap = "") {
    super(message);
    this.code = code;
    this.problem = problem;
    this.mishap = mishap;
  }
}

async function post(path, body) {
  let response;
  try {
    const headers = { "content-type": "application/json", accept: "application/json" };
    response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch {
    throw new Refused("", texts["unreachable"], "", "unreachable");
  }
  if (response.redirected) { // the session has ended
    location.assign(response.url);
    return new Promise(() => {});
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (!answer.error && (response.status === 409 || response.status === 410)) { // what this page was for is over: opened again, it says so
    location.reload();
    return new Promise(() => {});
  }
  if (answer.error === "proof_needed") { // the touch was too long ago: the page itself asks for it when it is opened again
    location.assign(`/account/prove?${new URLSearchParams({ back: location.pathname + location.search })}`);
    return new Promise(() => {});
  }
  if (answer.error) throw new Refused(answer.error, answer.message ?? texts["our-fault"], answer.problem ?? "");
  throw response.status === 429 ? new Refused("", texts["busy"], "", "too_many_requests") : new Refused("", texts["our-fault"], "", "server_error");
}

// By hand, not with toJSON(): several password managers' stand-ins for a credential cannot do that.
function encode(credential) {
  const { response } = credential;
  const fields = { clientDataJSON: toText(response.clientDataJSON) };
  if (response.attestationObject) {
    fields.attestationObject = toText(response.attestationObject);
    try { fields.transports = response.getTransports(); } catch { /* only a hint */ }
  } else {
    fields.authenticatorData = toText(response.authenticatorData);
    fields.signature = toText(response.signature);
    fields.userHandle = response.userHandle ? toText(response.userHandle) : null;
  }
  let extensions = {};
  try {
    const { rk } = credential.getClientExtensionResults().credProps ?? {};
    if (rk !== undefined) extensions = { credProps: { rk } };
  } catch { /* only a hint */ }
  const id = toText(credential.rawId);
  return { id, rawId: id, type: credential.type, authenticatorAttachment: credential.authenticatorAttachment ?? null, clientExtensionResults: extensions, response: fields };
}

// What the browser ended a prompt with: the DOMException's name, and how long the prompt was open.
class Unanswered extends Error {
  constructor(error, open, timeout) {
    super(error?.message);
    this.name = error?.name;
    this.open = open;
    this.wasInstant = open < 1000;
    this.tookTooLong = open > timeout - 500;
  }
}

async function ask(method, options) {
  const since = performance.now();
  try {
    return await navigator.credentials[method](options);
  } catch (error) {
    throw new Unanswered(error, performance.now() - since, options.publicKey.timeout);
  }
}

// What to say when there is no passkey. Browsers tell little on purpose, so the time the prompt was open has to help.
function explain(error, creating) {
  if (error instanceof Refused) return error.message;
  switch (error?.name) {
    case "NotAllowedError":
      if (error.tookTooLong) return texts["took-too-long"];
      if (error.wasInstant && creating) return texts["none-made"];
      if (error.wasInstant && !document.querySelector("#sign-in")) return texts["none-of-yours"];
      if (error.wasInstant) return texts["none-here"];
      return texts["closed"];
    case "AbortError": // a password manager's; our own aborts end requests of which nobody hears
      return texts["aborted"];
    case "OperationError":
      return texts["other-prompt"];
    case "InvalidStateError":
      return texts["already-here"];
    case "ConstraintError":
    case "NotSupportedError":
      return texts["cannot-keep"];
    case "SecurityError":
      return texts["not-at-this-address"];
    default:
      return texts["cannot-use"];
  }
}

const status = document.querySelector("#passkey-status");
const codeLine = document.createElement("p");
codeLine.id = "passkey-code";
codeLine.className = "help";
codeLine.setAttribute("aria-live", "polite");
status?.after(codeLine);
let said = 0;
function say(text, bad = true) {
  said += 1;
  status.textContent = text;
  status.className = bad ? "notice bad" : "notice";
  status.hidden = text === "";
  codeLine.textContent = "";
}

// What this browser can do, for its ladder and for whoever looks into a failure.
const capabilities = (async () => {
  try {
    const can = await PublicKeyCredential.getClientCapabilities();
    return Object.keys(can).filter((name) => can[name] === true);
  } catch {
    return [];
  }
})();
const agent = navigator.userAgent;
// The browser inside a chat or mail app, which has no passkeys.
const isInsideAnApp = /; wv\)|FBAN|FBAV|Instagram|MicroMessenger|Line\//.test(agent) || (/iPhone|iPad|iPod/.test(agent) && !/Safari\//.test(agent));

// Tells the server what the browser could not do, and not whose it was; shows the code under which an administrator finds it.
async function file(operation, name, millis = 0) {
  const about = said;
  try {
    const body = JSON.stringify({ operation, name, millis: Math.round(millis), can: await capabilities, in_app: isInsideAnApp, address: location.origin });
    const headers = { "content-type": "application/json", accept: "application/json" };
    const response = await fetch("/sign-in/problem", { method: "POST", headers, body, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (response.ok) showCode((await response.json()).code, about);
  } catch { /* there is the sentence */ }
}
function showCode(problem, about = said) {
  if (!problem || about !== said) return;
  const code = document.createElement("code");
  code.textContent = problem;
  codeLine.replaceChildren(`${texts["help-code"]} `, code);
}

// Says why there is no passkey, with a code.
function failed(operation, error) {
  say(explain(error, operation === "register"));
  if (error instanceof Refused && !error.mishap) showCode(error.problem);
  else if (error instanceof Refused) file(operation, error.mishap);
  else file(operation, error?.name ?? "", error?.open);
}

// Tells the password manager what is true now, where the browser can pass it on. Never worth an error or a wait.
function tell(method, details) {
  try { return Promise.resolve(PublicKeyCredential[method]?.(details)).catch(() => {}); } catch { return Promise.resolve(); }
}
function signal({ rpId, userId, name, displayName, allAcceptedCredentialIds }) {
  return Promise.all([
    tell("signalAllAcceptedCredentials", { rpId, userId, allAcceptedCredentialIds }),
    tell("signalCurrentUserDetails", { rpId, userId, name, displayName }),
  ]);
}
async function leave({ next, signal: details }) {
  await Promise.race([signal(details), new Promise((resolve) => setTimeout(resolve, 500))]);
  location.assign(next);
}

// Passkeys belong to one address. At another one nothing could work; there is only the way to the right one.
function canUsePasskeys({ dataset: { address } }, operation) {
  if (location.origin !== address) {
    const link = document.createElement("a");
    link.href = address + location.pathname + location.search;
    link.textContent = address;
    const [before, after] = texts["wrong-address"].split("{address}");
    say(before);
    status.append(link, after);
    file(operation, "wrong_address");
    return false;
  }
  if (globalThis.PublicKeyCredential) return true;
  if (!isSecureContext) {
    say(texts["insecure"]);
    file(operation, "insecure");
  } else if (isInsideAnApp) {
    say(texts["in-app"]);
    file(operation, "in_app");
  } else {
    say(texts["no-passkeys"]);
    file(operation, "no_passkeys");
  }
  return false;
}

// Shows the form (hidden while the script is off) and does `act` once per press, never twice at a time.
function onPress(form, act) {
  const button = form.querySelector("button");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    await act();
    button.disabled = false;
    button.focus();
  });
}

function signInPage(form) {
  let waiting = null; // the request behind the autofill: { controller, since }
  let begun = null; // what the server gave for the next answer, which nobody has used yet: { since, given }

  // The challenge the autofill waits with serves a press as well, and one is fetched while the pointer is on its way: nobody waits for the server between the press
  // and the prompt. It is never exchanged under an open prompt.
  function begin() {
    if (!begun || Date.now() - begun.since > YOUNG_MS) {
      const mine = { since: Date.now(), given: post("/sign-in/start", {}) };
      begun = mine;
      mine.given.catch(() => { if (begun === mine) begun = null; });
    }
    return begun.given;
  }

  const others = document.querySelector("#other-devices");
  let immediate = false; // whether the browser says at once that it has no passkey, instead of showing a QR code nobody asked for
  let here = false; // whether this device could keep a passkey itself
  capabilities.then((can) => { [immediate, here] = [can.includes("immediateGet"), can.includes("userVerifyingPlatformAuthenticator")]; });

  async function signInWith(extra, hints = []) {
    const { ceremony, publicKey } = await begin();
    const options = { ...publicKey, challenge: toBytes(publicKey.challenge), allowCredentials: [], hints };
    const credential = encode(await ask("get", { publicKey: options, ...extra }));
    begun = null; // an answer uses it up
    say(texts["signing-in"], false);
    try {
      const { request, back } = form.dataset;
      const keep = form.querySelector("#f-keep")?.checked ?? false;
      await leave(await post("/sign-in/finish", { ceremony, credential, keep, here, request: request || null, back: back || null }));
    } catch (error) {
      if (error.code === "unknown_credential") tell("signalUnknownCredential", { rpId: publicKey.rpId, credentialId: credential.id });
      throw error;
    }
  }

  // Shows the prompt. A challenge that ran out meanwhile is no fault of the person: once more, without a word. Only shortly after a press
  // may a page ask what is there at once; later every browser would say that nothing is.
  async function prompt(hints = []) {
    const extra = immediate && hints.length === 0 && navigator.userActivation?.isActive ? { uiMode: "immediate" } : {};
    try {
      await signInWith(extra, hints).catch((error) => (error.code === "expired" ? signInWith(extra, hints) : Promise.reject(error)));
    } catch (error) {
      failed("sign_in", error);
      others.hidden = false;
      arm();
    }
  }

  // Lets the browser offer passkeys in the username field. Whatever goes wrong before the server has answered is not worth a word.
  async function arm() {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    const controller = new AbortController();
    waiting = { controller, since: Date.now() };
    try {
      await signInWith({ mediation: "conditional", signal: controller.signal });
    } catch (error) {
      if (error.code === "expired") await prompt();
      else if (error instanceof Refused) failed("sign_in", error);
    }
  }
  function disarm() {
    waiting?.controller.abort();
    waiting = null;
  }

  if (!canUsePasskeys(form, "sign_in")) return;
  for (const nearly of ["pointerenter", "pointerdown"]) {
    form.querySelector("button").addEventListener(nearly, ({ target }) => { if (!target.disabled) begin().catch(() => {}); });
  }
  onPress(form, async () => {
    disarm();
    say("");
    await prompt();
  });
  // A password manager that presses buttons by itself must not lead anybody past the first step.
  for (const button of others.querySelectorAll("button")) {
    button.addEventListener("click", async (event) => {
      if (!event.isTrusted || button.disabled) return;
      button.disabled = true;
      disarm();
      say("");
      await prompt([button.dataset.hint]);
      button.disabled = false;
      button.focus();
    });
  }
  for (const way of document.querySelectorAll(".other-ways a")) {
    way.addEventListener("click", (event) => { if (!event.isTrusted) event.preventDefault(); });
  }
  const rearm = () => {
    if (waiting && document.visibilityState === "visible" && Date.now() - waiting.since > REARM_AFTER_MS) {
      disarm();
      arm();
    }
  };
  document.addEventListener("visibilitychange", rearm);
  setInterval(rearm, 10_000);
  arm();
}

function addPage(form) {
  if (!canUsePasskeys(form, "register")) return;
  onPress(form, async () => {
    say(texts["browser-asks"], false);
    const { request, back } = form.dataset;
    let made = null; // what the server did not want must not stay in the password manager
    try {
      const { ceremony, publicKey } = await post("/account/passkeys/register/start", { request: request || null });
      const options = {
        ...publicKey,
        challenge: toBytes(publicKey.challenge),
        user: { ...publicKey.user, id: toBytes(publicKey.user.id) },
        excludeCredentials: (publicKey.excludeCredentials ?? []).map((known) => ({ ...known, id: toBytes(known.id) })),
      };
      const credential = encode(await ask("create", { publicKey: options }));
      made = { rpId: publicKey.rp.id, credentialId: credential.id };
      say(texts["keeping"], false);
      await leave(await post("/account/passkeys/register/finish", { ceremony, credential, request: request || null, back: back || null }));
    } catch (error) {
      if (made && error.code === "unsuitable") tell("signalUnknownCredential", made);
      failed("register", error);
    }
  });
}

// One touch before something dangerous, with a passkey of who is signed in; then what was sent before goes on, or the page that wanted it opens.
function provePage(form) {
  if ("fresh" in form.dataset) return; // proved in another tab meanwhile: the button only sends
  const { form: held, back } = form.dataset;

  async function proveOnce() {
    const { ceremony, publicKey } = await post("/account/prove/start", {});
    const allowCredentials = publicKey.allowCredentials.map((own) => ({ ...own, id: toBytes(own.id) }));
    const credential = encode(await ask("get", { publicKey: { ...publicKey, challenge: toBytes(publicKey.challenge), allowCredentials } }));
    say(texts["going-on"], false);
    const { next, signal: details } = await post("/account/prove/finish", { ceremony, credential, form: held || null, back: back || null });
    if (next) return leave({ next, signal: details });
    signal(details);
    form.submit();
  }

  if (!canUsePasskeys(form, "proof")) return;
  onPress(form, async () => {
    say("");
    try {
      await proveOnce().catch((error) => (error.code === "expired" ? proveOnce() : Promise.reject(error)));
    } catch (error) {
      failed("proof", error);
    }
  });
}

// Shows that a passkey works, before it is needed: one touch, with this one and no other.
function testButton(form) {
  onPress(form, async () => {
    say(texts["browser-asks"], false);
    try {
      const { ceremony, publicKey } = await post("/account/prove/start", {});
      const allowCredentials = publicKey.allowCredentials.filter(({ id }) => id === form.dataset.credential).map((own) => ({ ...own, id: toBytes(own.id) }));
      const credential = encode(await ask("get", { publicKey: { ...publicKey, challenge: toBytes(publicKey.challenge), allowCredentials } }));
      await leave(await post("/account/prove/finish", { ceremony, credential, form: null, back: form.dataset.back ?? "/account/passkeys?notice=tested" }));
    } catch (error) {
      failed("proof", error);
    }
  });
}

const signIn = document.querySelector("#sign-in");
if (signIn) signInPage(signIn);
const add = document.querySelector("#add-passkey");
if (add) addPage(add);
const prove = document.querySelector("#prove");
if (prove) provePage(prove);
const tests = document.querySelectorAll(".test-passkey");
if (tests.length > 0 && canUsePasskeys(tests[0], "proof")) tests.forEach(testButton);
const details = document.querySelector("#passkey-signal");
if (details && globalThis.PublicKeyCredential) signal(JSON.parse(details.dataset.signal));
