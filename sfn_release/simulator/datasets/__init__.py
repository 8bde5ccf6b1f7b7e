"""The datasets of a distributed Map's ItemReader: answers of S3 become items.

item_reader    the calls to S3 that a dataset needs, and the items in their answers
item_formats   JSON, JSONL, listings and manifests; `item_csv`, `item_parquet` the other formats
map_items      one item, with its key and source
"""
