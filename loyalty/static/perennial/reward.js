// The page of a reward: only the fields of the chosen kind are shown. Without this the
// page works as well.
"use strict";
{
  const KEYS = {
    fixed: ["fixed", "minimum_order"],
    percent: ["percent", "at_most"],
    free_product: ["free_product"],
    free_shipping: [],
    buy_get: ["buy", "get", "percent", "lines"],
    gift_card: ["gift_card"],
    pay: ["pay_point_type", "pay_rate", "pay_minimum", "pay_step", "pay_at_most_percent"],
    points: ["points", "point_type"],
    entitlement: ["entitlement", "quantity"],
    donation: ["donation", "to"],
    physical: ["physical"],
    custom: ["custom"],
  };
  const ALL = new Set(Object.values(KEYS).flat());
  const WITH_CODES = ["fixed", "percent", "free_product", "free_shipping", "buy_get", "gift_card"];
  const OF_POOLS = ["pool"];
  const OF_CODES_MADE = ["voucher_uses", "voucher_prefix"];

  const rowOf = (name) => document.querySelector(`.form-row.field-${name}`);
  const show = (name, isShown) => {
    const row = rowOf(name);
    if (row) row.hidden = !isShown;
  };
  const showSection = (name, isShown) => {
    const section = rowOf(name)?.closest("fieldset.module");
    if (section) section.hidden = !isShown;
  };

  const follow = (kind) => {
    for (const name of ALL) show(`gives_${name}`, KEYS[kind].includes(name));
    showSection("cost", kind !== "pay");
    showSection("stock", kind !== "pay");
    showSection("voucher_codes", WITH_CODES.includes(kind));
  };

  const followCodes = (from) => {
    for (const name of OF_CODES_MADE) show(name, from !== "pool");
    for (const name of OF_POOLS) show(name, from === "pool");
  };

  const whenChosen = (id, act) => {
    const field = document.getElementById(id);
    if (!field) return;
    act(field.value);
    field.addEventListener("change", () => act(field.value));
  };

  document.addEventListener("DOMContentLoaded", () => {
    whenChosen("id_gives_kind", follow);
    whenChosen("id_voucher_codes", followCodes);
  });
}
