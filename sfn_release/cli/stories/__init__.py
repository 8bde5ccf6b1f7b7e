"""The stories of `demo`: each runs the commands of a day, with their real output."""
