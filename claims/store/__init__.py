"""Results that were computed once: a folder with one file a result, under the digest of all that can change it."""
