// A button that shows on the page what another page says of the form as it stands.
// Without this, that other page opens.
"use strict";
{
  const preview = async (event) => {
    const button = event.target.closest("[data-try]");
    if (!button) return;
    event.preventDefault();
    const place = document.getElementById("trial-here");
    place.textContent = "Looking …";
    const body = new FormData(button.form);
    const answer = await fetch(button.formAction, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const trial = page.getElementById("trial");
    place.replaceChildren(trial ? document.adoptNode(trial) : "It could not be shown.");
  };

  document.addEventListener("click", preview);
}
