"""Deployments: a plan, applied to one environment under a lock that the ledger keeps.

    deployer            the whole story: prepare, start, apply, finish or put back
    request             the user's options, beside the release and the environment
    site                an environment with everything that a deployment to it needs
    prepared            a decided deployment, deletion or acknowledgement
    preparation         decide a deployment from what the ledger and AWS say; refuse early
      parameter_lookup  look the environment's parameters up (`sources` reads where they come from)
      pin_resolution    find exact versions of what definitions refer to (`version_lookup` asks AWS)
      workflow_pins     pin a release's workflows to each other
      live_state        read the state machines in AWS
      preflight         check a plan against Step Functions' conditions
      manual_changes    find the manual changes that a plan overwrites
    adoption            keep a machine of another tool before it is changed (`found_release`)
    deletion            decide the deletion of one state machine
    lock                refuse while another deployment runs; close an abandoned one
    fence               stop writing once the lock has expired or was taken over
    application         apply a plan, workflows side by side; undo it after an error
    changes             make one step's change to AWS, or undo it (`alias_writes`)
    shift_monitor       watch a traffic shift: `alarms`, `failed_executions`
    ending              append the last record: succeeded, failed or reverted
    record_content      the content of those records

The ``started`` record is the lock: it is appended by compare-and-swap before AWS is touched. Every
write to AWS looks at the clock first, and before callers are switched the ledger is asked whether
the lock is still ours. Recovery is preparing again from the live state, never replaying a log.
"""
