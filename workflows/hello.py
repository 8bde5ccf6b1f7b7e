"""The smallest workflow: says hello to one person, in three steps."""

import sfn_release as sfn

workflow = sfn.Workflow()

greet = sfn.Pass(id="Input Argument Handling", result={"message": "Hello Alice"})

workflow.start_from(greet).next_then(sfn.Pass(id="Task 1")).next_then(sfn.Pass(id="Task 2")).end()

hello = sfn.StateMachine(
    name="hello",
    workflow=workflow,
    role_arn="arn:aws:iam::111122223333:role/workflows",
    tags={"Creator": "alice@example.com"},
)
hello.set_type_as_express()
