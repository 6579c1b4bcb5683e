// What is written in a lesson or a draft saves itself; else it stays here, and in this browser. Pages work without it.
const AFTER_TYPING = 1500, FIRST_RETRY = 3000, LAST_RETRY = 60000;
const form = document.querySelector("form[data-autosave]");
if (form) keepSaved(form);

function keepSaved(form) {
  // Else a browser that goes back puts old words on a new page, which would be saved as if they were typed there.
  form.autocomplete = "off";
  const status = form.querySelector("[data-saved]");
  const fields = [...form.querySelectorAll("textarea, input:is([type=text], [type=checkbox], :not([type]))")];
  // Nobody else at this computer is offered it.
  const key = `unsaved ${form.dataset.autosave} ${new URL(form.action).pathname}`;
  const offered = `offered ${key}`;
  const all = (of, which = fields) => Object.fromEntries(which.map((field) => [field.name, of(field)]));
  const typed = (which) => all((field) => field[holder(field)], which);
  const shown = all((field) => holder(field) === "value" ? field.defaultValue : field.defaultChecked);
  const isWhole = !("unsaved" in form.dataset);
  let saved = isWhole ? shown : {}, timer, saving = false, wait = FIRST_RETRY, halted = "halted" in form.dataset, leaving = false;
  let answered = saved; // Sent again only when changed since.
  let kept = []; // Of the fields, in this browser.

  const say = (text, bad = false) => {
    status.hidden = false;
    status.classList.toggle("bad", bad);
    if (status.textContent !== text) status.textContent = text;
  };
  const sayNot = (text) => say(`Not saved yet: ${text}`, true);
  const sayTooLong = () => sayNot("it is too long to send. Shorten it.");
  const body = () => form.enctype.startsWith("multipart") ? new FormData(form) : new URLSearchParams(new FormData(form));
  // The site would not read so much.
  const isTooLong = () => String(body()).length > Number(form.dataset.largest ?? Infinity);
  const unsaved = (had = saved) => fields.filter((field) => field[holder(field)] !== had[field.name]);
  const store = (act) => { try { return act(localStorage); } catch { /* Full, forbidden, or not ours. */ } };
  // Beside what the same page in another tab keeps.
  const keep = () => store((storage) => {
    const words = JSON.parse(storage.getItem(key))?.typed ?? {};
    for (const { name } of kept) delete words[name];
    kept = unsaved();
    Object.assign(words, typed(kept));
    if (!Object.keys(words).length) return forget(key);
    storage.setItem(key, JSON.stringify({ at: Date.now(), typed: words }));
  });
  const forget = (...names) => store((storage) => names.forEach((name) => storage.removeItem(name)));
  const later = (delay) => { clearTimeout(timer); timer = setTimeout(save, delay); };
  const again = (text) => {
    sayNot(`${text} What you typed stays here.`);
    later(wait);
    wait = Math.min(wait * 2, LAST_RETRY);
  };
  // Until the site answers, it may have these words or those before: the marks of both are sent from now on.
  const doubt = () => unsaved().forEach(async ({ name, value }) => {
    delete saved[name];
    delete answered[name];
    const seen = form.elements[`seen-${name.replace("text-", "")}`];
    if (!seen || !crypto.subtle) return;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(value));
    const mark = new DataView(digest).getBigUint64(0).toString(16).padStart(16, "0");
    if (!seen.value.includes(mark)) seen.value += ` ${mark}`;
  });
  const tell = (detail) => form.dispatchEvent(new CustomEvent("saved", { detail }));

  async function save() {
    if (saving || halted || !unsaved(answered).length) return;
    if (isTooLong()) return sayTooLong();
    saving = true;
    const sent = typed();
    doubt();
    try {
      const answer = await fetch(form.action, { method: "post", body: body(), headers: { Accept: "application/json" } });
      const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
      if (said?.saved) {
        // What is saved now, as the site knows it.
        for (const [name, mark] of Object.entries(said.marks)) if (form.elements[name]) form.elements[name].value = mark;
        answered = sent;
        saved = { ...sent };
        for (const name of said.unsaved ?? []) delete saved[name];
        wait = FIRST_RETRY;
        keep();
        later(AFTER_TYPING);
        if (said.message) sayNot(said.message);
        else { say(`Saved ${said.saved}`); tell(said.saved); }
      } else if ([400, 409, 422].includes(answer.status) && said) {
        if (answer.status !== 422) { halted = true; tell(""); }
        sayNot(said.message);
      } else if (answer.status === 413) {
        sayTooLong();
      } else if (answer.redirected || [401, 403, 404, 410].includes(answer.status)) {
        again("you are signed out, or this is closed. Sign in again in another window.");
      } else {
        again("the site has trouble.");
      }
    } catch {
      again("the site cannot be reached.");
    } finally {
      saving = false;
    }
  }

  form.addEventListener("input", () => {
    keep();
    if (saving || !unsaved().length) return;
    if (!status.classList.contains("bad")) say("Not saved yet");
    later(AFTER_TYPING);
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget) return; // To a preview.
    leaving = !isTooLong();
    keep();
    doubt();
    if (!leaving) { event.preventDefault(); sayTooLong(); }
  });
  addEventListener("online", () => later(0));
  addEventListener("visibilitychange", () => { if (document.hidden && !leaving) save(); });
  addEventListener("beforeunload", (event) => { if (!leaving && unsaved().length) event.preventDefault(); });
  addEventListener("pageshow", () => { leaving = false; });
  offerSpare();
  if (isWhole && unsaved().length) later(AFTER_TYPING); // Begun before this file was there.

  // Words of an earlier visit that were not saved wait until they are brought back or thrown away.
  function offerSpare() {
    if (!isWhole) return;
    const found = [offered, key].map((name) => store((storage) => JSON.parse(storage.getItem(name)))).filter(Boolean);
    const asked = [...form.querySelectorAll("[data-asked]")].map((words) => words.textContent.trim());
    const spare = all((field) => found.map(({ typed }) => typed[field.name])
      .filter((words) => words && ![`${field[holder(field)]}`.trim(), ...asked].includes(`${words}`.trim()))
      .reduce((had, words) => joined(field, had, words), ""));
    const differs = fields.filter(({ name }) => spare[name]);
    if (!differs.length) return forget(offered, key);
    const at = found.at(-1).at, offer = form.querySelector("[data-spare]");
    store((storage) => { storage.setItem(offered, JSON.stringify({ at, typed: spare })); storage.removeItem(key); });
    offer.querySelector("[data-spare-time]").textContent = new Date(at).toLocaleString();
    offer.hidden = false;
    const close = () => { forget(offered); offer.hidden = true; };
    offer.querySelector("[data-spare-take]").addEventListener("click", () => {
      for (const field of differs) field[holder(field)] = joined(field, field.value, spare[field.name]);
      differs[0].dispatchEvent(new Event("input", { bubbles: true }));
      close();
      differs[0].focus();
    });
    offer.querySelector("[data-spare-drop]").addEventListener("click", close);
  }
}

function holder(field) {
  return field.type === "checkbox" ? "checked" : "value";
}

function joined(field, had, words) {
  return field.type !== "textarea" || words.includes(had) ? words : `${had}\n\n${words}`;
}
