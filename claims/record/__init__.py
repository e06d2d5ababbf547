"""What was found, as types: evidence with its verdicts, and the rules that the verdicts follow."""
