"""Libraries that read pictures: one a file, each with ``decode_image`` as the phrasebooks have it, and nothing else."""
