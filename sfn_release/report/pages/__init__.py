"""The pages of a report, a file for each kind. Each yields `Page`s from the facts."""
