"""How a write is written."""

import ast

from tests.house.source import app_modules, dotted, functions, role

CLOCKS = {
    "timezone.now", "timezone.localtime", "timezone.localdate", "datetime.now",
    "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now", "time.time",
}  # fmt: skip


def test_every_transaction_of_a_service_takes_named_arguments_only():
    positional = [
        f"{module.path}:{function.lineno} {function.name}"
        for module in app_modules()
        if role(module.path) == "services"
        for function in functions(module.tree)
        if opens_transaction(function) and not function.name.startswith("_")
        if [one for one in positional_arguments(function) if one != "self"]
    ]

    assert positional == []


def test_only_the_clock_module_reads_the_time():
    readers = [
        f"{module.path}:{node.lineno} {dotted(node)}"
        for module in app_modules()
        if module.path != "core/clock.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and dotted(node) in CLOCKS
    ]

    assert readers == []


def test_services_are_told_the_programs_time():
    # What the server wrote down when (`posted_at`, `created_at`) is real time.
    askers = [
        f"{module.path}:{node.lineno} {asked}"
        for module in app_modules()
        if role(module.path) == "services"
        for node in ast.walk(module.tree)
        if (asked := clock_asked(node)) not in ("", "real_now")
    ]

    assert askers == []


def test_queries_and_rules_know_no_clock_at_all():
    askers = [
        f"{module.path}:{node.lineno} {asked}"
        for module in app_modules()
        if role(module.path) in ("queries", "rules")
        for node in ast.walk(module.tree)
        if (asked := clock_asked(node))
    ]

    assert askers == []


def test_errors_are_caught_by_name():
    bare = [
        f"{module.path}:{node.lineno}"
        for module in app_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]

    assert bare == []


def opens_transaction(function):
    blocks = [node for node in ast.walk(function) if isinstance(node, ast.With)]
    opened = [item.context_expr for block in blocks for item in block.items]
    marks = [*opened, *function.decorator_list]
    return any(dotted(mark) == "transaction.atomic" for mark in marks)


def positional_arguments(function):
    return [one.arg for one in [*function.args.posonlyargs, *function.args.args]]


def clock_asked(node):
    """Return which function of the clock module, or of a program, is meant; else ''."""
    if isinstance(node, ast.ImportFrom) and node.module == "core.clock":
        return node.names[0].name
    *owner, last = dotted(node).split(".") if isinstance(node, ast.Attribute) else [""]
    return last if owner[-1:] in (["clock"], ["program"]) and last.endswith("now") else ""
