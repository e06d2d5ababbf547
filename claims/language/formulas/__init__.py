"""Claims that are a formula, in two lines: the formula of a size, or of a function of one number."""

from .functions import function
from .sizes import size
