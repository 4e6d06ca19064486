// The page of a ladder: only the fields that mean something are shown, and tiers are
// added where they are needed. Without this the page works as well.
"use strict";
{
  const OF_POINTS = ["points", "balance"];
  const LASTING = [
    "window_kind", "window_rolling", "window_calendar", "window_starts", "upgrade",
    "valid_for", "valid_for_length", "downgrade", "grace", "carry_over", "on_refund",
  ];
  const WITH_PERIODS = ["calendar", "anniversary"];

  const rowOf = (name) => document.querySelector(`.form-row.field-${name}`);
  const valueOf = (name) => document.getElementById(`id_${name}`).value;
  // What was marked as wrong is shown, whatever the other fields say.
  const show = (name, isShown) => {
    const row = rowOf(name);
    if (row) row.hidden = !isShown && !row.classList.contains("errors");
  };

  const follow = () => {
    const metric = valueOf("metric");
    const kind = valueOf("window_kind");
    const lasts = metric !== "balance";
    show("point_type", OF_POINTS.includes(metric));
    show("count", metric === "points");
    for (const name of LASTING) show(name, lasts);
    show("window_rolling", lasts && kind === "rolling");
    show("window_calendar", lasts && kind === "calendar");
    show("window_starts", lasts && kind === "calendar" && valueOf("window_calendar") === "year");
    show("valid_for_length", lasts && valueOf("valid_for") === "length");
    const hasPeriods = lasts && WITH_PERIODS.includes(kind);
    show("upgrade", hasPeriods || (lasts && valueOf("upgrade") !== "immediate"));
    const carry = document.getElementById("id_carry_over");
    show("carry_over", hasPeriods || (lasts && carry.checked));
    const section = rowOf("upgrade")?.closest("fieldset.module");
    if (section) section.hidden = !lasts;
  };

  const addRow = (rows) => {
    const total = rows.querySelector("[name$=-TOTAL_FORMS]");
    const copy = rows.querySelector("template").content.cloneNode(true);
    for (const each of copy.querySelectorAll("*")) {
      for (const name of ["id", "name", "for"]) {
        const value = each.getAttribute(name);
        if (value) each.setAttribute(name, value.replace("__prefix__", total.value));
      }
    }
    const added = copy.querySelector(".tier-row");
    rows.insertBefore(copy, rows.querySelector("template"));
    total.value = Number(total.value) + 1;
    added.querySelector("input").focus();
  };

  const isEmpty = (row) =>
    [...row.querySelectorAll("input[type=text], textarea")].every((field) => !field.value);

  document.addEventListener("DOMContentLoaded", () => {
    if (document.getElementById("id_metric")) {
      follow();
      for (const name of ["metric", "window_kind", "window_calendar", "valid_for"]) {
        document.getElementById(`id_${name}`).addEventListener("change", follow);
      }
    }
    for (const rows of document.querySelectorAll("[data-rows]")) {
      for (const row of rows.querySelectorAll(".tier-row:not(.wrong)")) {
        if (isEmpty(row)) row.hidden = true;
      }
      const button = rows.querySelector("[data-add-row]");
      button.hidden = false;
      button.addEventListener("click", () => addRow(rows));
      rows.addEventListener("change", (event) => {
        if (!event.target.name?.endsWith("-DELETE")) return;
        event.target.closest(".tier-row").classList.toggle("gone", event.target.checked);
      });
    }
  });
}
