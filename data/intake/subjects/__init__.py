"""The subjects of imports. A new one is a module here and an entry in `SUBJECTS`."""

from data.intake.subject import Subject
from data.intake.subjects import areas, cameras, grids, incidents, organisations

SUBJECTS: tuple[Subject, ...] = (
    areas.SUBJECT,
    grids.SUBJECT,
    incidents.SUBJECT,
    cameras.SUBJECT,
    organisations.SUBJECT,
)
