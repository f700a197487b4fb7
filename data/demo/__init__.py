"""The demonstration town: invented from a seed, the same seed giving the same town to the byte.

No border, person, street or camera in it is real; the rows say so by their source system "demo",
the installation by its fact "demo", and the screens by that fact.
"""

from data.demo.settle import is_empty, settle
from data.demo.town import DEFAULT_INCIDENTS, DEFAULT_MONTHS, DEFAULT_SEED, Plan, invent

__all__ = [
    "DEFAULT_INCIDENTS",
    "DEFAULT_MONTHS",
    "DEFAULT_SEED",
    "Plan",
    "invent",
    "is_empty",
    "settle",
]
