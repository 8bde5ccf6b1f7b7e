"""A static report of a project: pages in a folder, which any host serves.

    facts     read the ledger once: `ReportFacts`
    pages     make the pages, a file for each kind
    drawing   turns state graphs into SVG
    frame     renders templates, with links that work from a file, too
    paths     where pages are: permalinks
    site_*    all pages, and the folder that they are written to

Its packages are the extra `report`.
"""
