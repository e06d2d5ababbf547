"""What a user gives: arrays and how their axes lie, a file of them, and frameworks' words for parameters."""
