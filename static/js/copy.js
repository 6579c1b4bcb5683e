// An address to be pasted elsewhere gets a button that copies it; without this file it is selected by hand.
for (const field of document.querySelectorAll("[data-copied]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = field.dataset.copied;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch { /* It is selected: a key does the rest. */ }
  });
  field.after(button);
}
