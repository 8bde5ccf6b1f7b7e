"""The data of the ledger: releases, records, rendered workflows, pins, differences. Pure.

A `Release` is every workflow of one commit at one version. A `Record` describes one deployment. A
`Rendered` workflow is exactly the input of CreateStateMachine in one environment.
"""
