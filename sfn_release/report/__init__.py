"""A static report of a project: pages in a folder, which any host serves.

Its packages are the extra `report`. `drawing` turns state graphs into SVG.
"""
