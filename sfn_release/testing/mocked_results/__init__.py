"""Mocked results and errors: held against AWS's models, and plausible ones made from them."""
