"""Tests that are declared in files: no Python is needed to write one.

    *.tests.toml, MockConfigFile.json → DeclaredTest → Run → DeclaredResult

declared_test     a test and its expectations; `tests_file` reads them, by `tests_schema`
run_differences   how a run differs from its expectations
name_expression   `-k`: which tests to run
declared_report   the results of many tests
recording         writes expectations into a file of tests
"""
