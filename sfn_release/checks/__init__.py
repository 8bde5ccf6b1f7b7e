"""What is wrong with a definition: found before AWS says so, or before it hurts.

    definition → Document → every Rule of the table → findings

`document` takes a definition apart once: its scopes (the workflow, branches, item processors) and
the states in them, each with its query language and its place. A *rule* is a pure function from
that Document to what it has to tell; `table` lists them all: the name, what it means that one is
broken, and the function. `check` runs them. The files in between hold the rules, by subject.

An **error** is what Step Functions refuses, or what can never run; a **warning** is what it takes
and somebody will regret. ``docs/rules.md`` explains each rule, and `silence` lets a project live
with one, for a reason.
"""
