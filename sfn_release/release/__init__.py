"""The data of the ledger: releases, records, rendered workflows, pins, differences. Pure.

A `Release` is every workflow of one commit at one version (`version`); its `Manifest` is the part
without the definitions. A `Rendered` workflow is exactly the input of CreateStateMachine in one
environment (`rendering`, `pins`). A `Record` is one event of a deployment, and a `Serving` lists
the workflows that run after it. `rollback_history` walks the servings back.

We trust nothing that we read from the ledger: `strict_json` refuses files that were edited, and
`render_verification` refuses definitions that their release doesn't render to.
"""
