"""The data of pages, in the words that they show: frozen, and made without templates. Pure."""
