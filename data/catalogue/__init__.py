"""The code lists, the example service catalogue and the holidays that are shipped as files.

Codes and English names are ours unless a standard is named: camera codes follow GB/T 28181, urban
and rural classes the statistical standard. Position type 7 (religious site) does not exist here,
nor do lists of churches, ethnicities, petitioners or persons to be watched; `refuse` keeps them
out.
"""

from data.catalogue.code_lists import Term, code_list, list_names
from data.catalogue.holidays import SpecialDay, special_days, special_days_of, working_calendar
from data.catalogue.refusal import refuse, refused_subject
from data.catalogue.services import Category, Item, categories, items, load

__all__ = [
    "Category",
    "Item",
    "SpecialDay",
    "Term",
    "categories",
    "code_list",
    "items",
    "list_names",
    "load",
    "refuse",
    "refused_subject",
    "special_days",
    "special_days_of",
    "working_calendar",
]
