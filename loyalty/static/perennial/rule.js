// The page of an earning rule: only the fields of the chosen kind of award are shown,
// and a trial appears on the page. Without this the page works as well.
"use strict";
{
  const KEYS = {
    per: ["award_points", "award_per", "award_whole_steps"],
    points: ["award_points", "award_on_partial_refund"],
    per_item: ["award_points"],
    points_from: ["award_points_from", "award_times"],
    bands: ["award_bands"],
    multiply: ["multiply"],
  };
  const ALL = new Set(Object.values(KEYS).flat());
  // What a rule that gives no points of its own has nothing to say about.
  const OF_AWARDS = [
    "base_tax", "base_shipping", "base_points_paid", "base_gift_cards_paid",
    "base_gift_card_products", "order_discounts", "rounding", "round_per", "round_base",
    "multipliers", "tier_multiplier", "exclusive", "hold", "expiry",
  ];

  const show = (name, isShown) => {
    const row = document.querySelector(`.form-row.field-${name}`);
    if (row) row.hidden = !isShown;
  };

  const follow = (kind) => {
    for (const name of ALL) show(name, KEYS[kind].includes(name));
    for (const name of OF_AWARDS) show(name, kind !== "multiply");
  };

  const tryRule = async (event) => {
    const button = event.target.closest("[data-try]");
    if (!button) return;
    event.preventDefault();
    const place = document.getElementById("trial-here");
    place.textContent = "Trying …";
    const body = new FormData(button.form);
    const answer = await fetch(button.formAction, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const trial = page.getElementById("trial");
    place.replaceChildren(trial ? document.adoptNode(trial) : "It could not be tried.");
  };

  document.addEventListener("DOMContentLoaded", () => {
    const kind = document.getElementById("id_award_kind");
    if (kind) {
      follow(kind.value);
      kind.addEventListener("change", () => follow(kind.value));
    }
    document.addEventListener("click", tryRule);
  });
}
