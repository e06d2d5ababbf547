"""What the author of a claim writes with: a lecture's sections import its public names from here."""

from .claim import Case, Claim, Figure, Timing, Wrong, claim
from .comparison import fact, fails, gate, happens, same_bits, same_shape, within
from .defects import Defect
from .outcome import Call, NotAValue, Outcome, ask
from .rounded import rounding
from .search import edge, smallest
from .sweep import sweep
