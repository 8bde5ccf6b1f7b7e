"""The query languages: JSONPath and JSONata compute the fields of a state, each in its own way.

query_language    the interface that both implement; `language_table` has them by name
jsonpath          JSONPath; `path_lookup` follows its paths, `jsonpath_amounts` reads its numbers,
                  `choice` compares for its Choice rules
jsonata_language  JSONata; `jsonata_fields` evaluates its expressions, `jsonata_amounts` its numbers
variables         the limits of Assign, in both languages
"""
