"""Every SELECT that a screen, a layer or a command asks. The scope comes first in each."""
