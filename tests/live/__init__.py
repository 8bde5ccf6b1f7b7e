"""Runs sfn-release on real AWS, if you ask for it: `python -m tests.live --help`.

    settings    the account, from variables of the environment
    lab         state machines under a prefix of their own, which are always deleted
    questions   what no source settles: each question with the answer that we assume
    apis        the questions about the API, which take several calls
    story       the story of the README, by the command line, in a scratch repository
    policy      the least IAM policy of a run
    sweep       deletes what earlier runs left
    report      one file to send back, without account numbers

Nothing here is a test of the usual run: no file is named test_*.py.
"""
