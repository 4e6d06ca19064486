"""Make a program what its file says."""

from datetime import datetime

from core.transactions import retrying
from engine.program_file.plan import changes_to, check_slug
from engine.program_file.reading import ProgramFile
from engine.program_file.sections import SECTIONS
from loyalty.models import Program
from loyalty.rules.publication import Change
from loyalty.services.programs import publish_rules, save_program


@retrying
def apply_program(
    file: ProgramFile, *, at: datetime, program: Program | None = None
) -> list[Change]:
    """Make a program what its file says, in one transaction, and publish its rules.

    A slug that is new creates the program. What the file does not mention is
    archived. `at` is the program's time; a sandbox clock starts there. Returns
    what was changed; applying the same file again changes nothing.

    :raises SlugMismatch: if `program` is given and the file is not its own
    :raises CurrencyIsFixed, SandboxIsFixed, KindIsFixed: if facts forbid a change
    :raises StockBelowTaken: if a reward's stock is less than what is taken of it
    """
    check_slug(file, program)
    # Two loads at once: the second looks at what the first has made.
    standing = Program.objects.select_for_update().filter(slug=file.slug).first()
    changes = list(changes_to(standing, file))
    if not changes:
        return []

    program = save_program(form=file.data["program"], at=at)
    for name, section in SECTIONS.items():
        section.save(program=program, forms=file.section(name), at=at)
    publish_rules(program=program, at=at)
    return changes
