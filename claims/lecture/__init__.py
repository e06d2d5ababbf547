"""The lecture, its ledger of sentences, and a folder a section with the claims made of it."""
