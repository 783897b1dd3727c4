"""Clear errors at the boundary: which argument, what came, what was expected."""
