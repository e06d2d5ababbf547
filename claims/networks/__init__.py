"""Networks of a user's own: what the frameworks that build them say of each layer."""
