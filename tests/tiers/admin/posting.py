"""What a browser posts for the page of a ladder, and what is said of it."""

from django.urls import reverse

from tiers.admin.ladder_form import LadderForm

ADD = "admin:tiers_ladder_add"
ROW = {
    "code": "",
    "name": "",
    "operator": "at_least",
    "threshold": "",
    "multiplier": "",
    "entry": "",
    "once": "lifetime",
    "benefits": "",
}


def rows_posted(rows, initial=0):
    data = {"tiers-TOTAL_FORMS": len(rows), "tiers-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"tiers-{number}-{key}": value for key, value in row.items()}
    return data


def posted(ladder, *, rows=None, **changes):
    """Return what the browser posts for a ladder's page, with some fields changed.

    `rows` changes rows by their number; None takes one away.
    """
    form = LadderForm(instance=ladder)
    values = {bound.html_name: bound.value() for bound in form if bound.name != "tiers"}
    found = [{each.name: each.value() for each in row} for row in form.rows]
    for number, change in (rows or {}).items():
        found[number] |= {"DELETE": "on"} if change is None else change
    data = values | changes | rows_posted(found, form.rows.initial_form_count())
    return {key: value for key, value in data.items() if value not in (None, False)}


def errors_of(response):
    form = response.context["adminform"].form
    told = {name: list(texts) for name, texts in form.errors.items()}
    for number, row in enumerate(form.rows):
        told |= {f"{number}.{name}": list(texts) for name, texts in row.errors.items()}
    return told


def added(staff, program, rows, **fields):
    start = {"code": "new", "metric": "spend", "window_kind": "lifetime"}
    data = {"program": program.pk} | start | fields | rows_posted(rows)
    return staff.post(reverse(ADD), data)
