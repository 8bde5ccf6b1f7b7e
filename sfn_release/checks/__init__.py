"""Checks a definition, and reports each problem as a finding before AWS or an execution does.

    definition → parser → ParsedDefinition → checker, with the rules of rule_table → findings

`parser` walks a definition once. It reads every scope (the workflow, a branch, an item processor)
and every state, and parses each path, intrinsic function, JSONata expression and Resource in them.
`checker` hands each of these to the *inspections* of such things, and turns the issues that they
report into findings. An inspection is a pure function. You find them in this room by subject.

An **error** means that Step Functions refuses the definition, or that every execution fails. A
**warning** means that you will likely have trouble later. `silence` lets a project accept a
finding, with a reason.

To add a rule:

1. Write a function in the module for its subject (`best_practices`, `transitions`, ...). It takes
   one thing, such as a `ParsedState`, and yields an `Issue` for each problem.
2. Add a line to `rule_table`. It names the rule and says which things your function looks at::

       Rule("task-comment", "warning", "a Task has no Comment",
            (each_state(best_practices.no_comment, "Task", lacks=("Comment",)),)),

   `rule` has one constructor for each kind of thing. The more precise you are here (a state's type,
   its fields, the called service), the less your function has to test, and the faster it all is.
3. Explain the rule in ``docs/reference/rules.md``: a row in the table, and a section with an
   example that breaks it. A test compares both with the table, and runs the example.
"""
