"""The commands, one file each, named as you type them."""
