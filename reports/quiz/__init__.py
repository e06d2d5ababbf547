"""A quiz of a lecture and its key, both from one record and nothing else."""
