"""The files of a case: which there are, and their bytes, for whoever may read the case."""
