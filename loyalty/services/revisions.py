"""The revision of a program: a new one tells every process to read its rules anew."""

from uuid import uuid4

from loyalty.models import Program


def lock_program(program: Program) -> None:
    """Make the next to edit wait, so that neither takes back what the other wrote.

    Whoever calls is in a transaction.
    """
    Program.objects.select_for_update().get(pk=program.pk)


def renew_program(program: Program) -> None:
    """Let every process read the program, and all that belongs to it, anew."""
    program.revision = uuid4()
    program.save(update_fields=["revision"])
