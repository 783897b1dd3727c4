"""Code as learners write it, right and wrong, none of it made from the library's own."""
