"""Kills, inputs that went wrong, and a ledger under attack."""
