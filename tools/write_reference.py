"""Write the generated pages of docs/reference, and delete pages that nothing generates any more.

python tools/write_reference.py            # write
python tools/write_reference.py --check    # exit 1 if a page isn't as the program says
"""

from __future__ import annotations

import sys

from docs_reference.pages import stale, write

if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        pages = stale()
        for path in pages:
            print(f"{path} is stale: run  python tools/write_reference.py")  # noqa: T201 - a script
        sys.exit(bool(pages))
    write()
