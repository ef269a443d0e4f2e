"""The checks are checked: a right server passes all of them, a broken one fails exactly its own."""
