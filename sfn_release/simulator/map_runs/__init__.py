"""The distributed Map: each item, or batch of items, is an execution of its own.

map_run           one run of a distributed Map, from its items to its output
map_run_items     the items: from the state or a dataset, selected; `item_batches` groups them
map_run_children  the child executions, side by side, and the failures that the Map tolerates
child_execution   what the API and the result files say of one of them
map_run_record    what DescribeMapRun shows of a run, and what a redrive needs
map_run_results   the output, and the files of a ResultWriter, which `result_writer` lays out
"""
