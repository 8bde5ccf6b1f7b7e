# The public names of `sfn_release.pytest_plugin`. Type checkers read this file in the place of
# __init__.py, and __init__.py reads it to find the module of a name.

from sfn_release.pytest_plugin.simulate_fixture import Simulate as Simulate
