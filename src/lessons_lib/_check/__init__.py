"""Clear errors at the boundary: the argument, what it got, what was expected."""
