// What is written in a lesson saves itself. The page works without this file; nothing here is needed.
// What could not be saved stays in the form, and in this browser until it is.
const AFTER_TYPING = 1500, FIRST_RETRY = 3000, LAST_RETRY = 60000, SIGNED_OUT_RETRY = 20000;
const form = document.querySelector("form[data-autosave]");
if (form) keepSaved(form);

function keepSaved(form) {
  const status = form.querySelector("[data-saved]");
  const fields = [...form.querySelectorAll("textarea")];
  // Another person at the same computer is not offered it.
  const key = `unsaved ${form.dataset.autosave} ${new URL(form.action).pathname}`;
  const offered = `offered ${key}`;
  const typed = () => Object.fromEntries(fields.map((field) => [field.name, field.value]));
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const shown = Object.fromEntries(fields.map((field) => [field.name, field.defaultValue]));
  let saved = "unsaved" in form.dataset ? null : shown, timer, saving = false, wait = FIRST_RETRY, halted = false, leaving = false;

  const say = (text, bad = false) => {
    status.hidden = false;
    status.classList.toggle("bad", bad);
    if (status.textContent !== text) status.textContent = text;
  };
  const isUnsaved = () => !same(saved, typed());
  const store = (act) => { try { return act(localStorage); } catch { return null; /* Full, forbidden, or not ours. */ } };
  const keep = () => store((kept) => kept.setItem(key, JSON.stringify({ at: Date.now(), typed: typed() })));
  const forget = (...names) => store((kept) => names.forEach((name) => kept.removeItem(name)));
  const later = (delay) => { clearTimeout(timer); timer = setTimeout(save, delay); };
  const again = (text, delay = wait) => {
    say(`Not saved yet: ${text} What you typed stays here.`, true);
    wait = Math.min(wait * 2, LAST_RETRY);
    later(delay);
  };
  const halt = (text) => { halted = true; say(`Not saved yet: ${text}`, true); };

  async function save() {
    if (saving || halted || !isUnsaved()) return;
    saving = true;
    const sent = typed();
    try {
      const answer = await fetch(form.action, { method: "post", body: new FormData(form), headers: { Accept: "application/json" } });
      const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
      if (answer.ok && said?.saved) {
        for (const [name, mark] of Object.entries(said.marks)) if (form.elements[`seen-${name}`]) form.elements[`seen-${name}`].value = mark;
        saved = sent;
        wait = FIRST_RETRY;
        if (isUnsaved()) { keep(); later(AFTER_TYPING); } else forget(key);
        say(`Saved ${said.saved}`);
      } else if (answer.status === 409) {
        halt("something else was written here on another device. Press Save to see both.");
      } else if ([400, 422].includes(answer.status) && said) {
        halt(`${said.message} Press Save when you have.`);
      } else if (answer.status === 413) {
        halt("it is too long. Shorten it, then press Save.");
      } else if (answer.redirected || [401, 403, 404, 410].includes(answer.status)) {
        again("you are signed out, or this lesson is closed. Sign in again in another window.", SIGNED_OUT_RETRY);
      } else {
        again("the site has trouble.");
      }
    } catch {
      again("the site cannot be reached.");
    } finally {
      saving = false;
    }
  }

  form.addEventListener("input", (event) => {
    if (!event.target.matches("textarea") || !isUnsaved()) return;
    keep();
    if (!saving && !halted) { if (!status.classList.contains("bad")) say("Not saved yet"); later(AFTER_TYPING); }
  });
  form.addEventListener("submit", () => { leaving = true; keep(); });
  addEventListener("online", () => later(0));
  addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  addEventListener("beforeunload", (event) => { if (!leaving && isUnsaved()) event.preventDefault(); });
  addEventListener("pageshow", () => { leaving = false; });
  offerSpare();
  if (isUnsaved() && saved) later(AFTER_TYPING); // Who types fast has begun before this file was there.

  // Words that an earlier visit could not save: kept apart from what is typed meanwhile, until they are brought back or
  // thrown away.
  function offerSpare() {
    if ("unsaved" in form.dataset) return;
    const kept = [offered, key].map((name) => store((all) => JSON.parse(all.getItem(name)))).filter(Boolean);
    const spare = Object.fromEntries(fields.map(({ name, value }) => {
      return [name, kept.map(({ typed }) => typed[name]).filter((words) => words && words !== value).reduce(joined, "")];
    }));
    const differs = fields.filter(({ name }) => spare[name]);
    if (!differs.length) return forget(offered, key);
    const at = kept.at(-1).at, offer = form.querySelector("[data-spare]");
    store((all) => { all.setItem(offered, JSON.stringify({ at, typed: spare })); all.removeItem(key); });
    offer.querySelector("[data-spare-time]").textContent = new Date(at).toLocaleString();
    offer.hidden = false;
    const close = () => { forget(offered); offer.hidden = true; };
    offer.querySelector("[data-spare-take]").addEventListener("click", () => {
      for (const field of differs) field.value = joined(field.value, spare[field.name]);
      differs[0].dispatchEvent(new Event("input", { bubbles: true }));
      close();
      differs[0].focus();
    });
    offer.querySelector("[data-spare-drop]").addEventListener("click", close);
  }
}

function joined(had, words) {
  return words.includes(had) ? words : `${had}\n\n${words}`;
}
