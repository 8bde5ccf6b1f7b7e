"""exit-codes.md and environment-variables.md: what a shell gives the program, and gets back."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from docs_reference.markdown import link, page, table
from sfn_release.cli.help import EXIT_CODES
from sfn_release.cli.reference import read_pages

_MANY: Final = 8  # commands; a variable that more of them read is for all
_OTHERS: Final = {
    "`TF_HTTP_USERNAME`, `TF_HTTP_PASSWORD`": "The login of a Terraform state that is read over"
    " HTTPS.",
    "`AWS_CA_BUNDLE`": "A file with your own certificate authority, for AWS and for Terraform"
    " states.",
    "`HTTPS_PROXY`, `NO_PROXY`": "The proxy, as for all AWS tools.",
    "`XDG_DATA_HOME`, `LOCALAPPDATA`": "Where the local service keeps its state outside a project.",
    "`AWS_DISABLE_HOST_PREFIX_INJECTION`": "Read by AWS clients, not by sfn-release. Set it to"
    " `true` to call `start-sync-execution` and `test-state` on the local service.",
}


def exit_codes_page() -> str:
    """Return the page: the table of ``--help``, and advice for scripts."""
    return page(
        "Exit codes",
        "A command exits 0 only if it did its work.",
        table(("exit code", "means"), [(str(code), text) for code, text in EXIT_CODES.items()]),
        "The page of each [command](commands/index.md) says what the codes mean there. To stop"
        " a job"
        " on a difference, ask for it:",
        "```sh\n"
        "sfn-release plan --env staging --exit-code          # 3: the deployment would change"
        " something\n"
        "sfn-release diff 1.2.0 @prod --exit-code            # 3: prod runs something else\n"
        "sfn-release status --env prod --check               # 3: drift\n"
        "```",
        "Results go to stdout, progress and errors to stderr. With `--json`, an error goes to"
        " stdout"
        " too: see [JSON](json.md) and [Error codes](error-codes.md).",
    )


def environment_variables_page() -> str:
    """Return the page: the variables of all commands, each with the commands that read it."""
    texts: dict[str, str] = {}
    readers: dict[str, list[str]] = defaultdict(list)
    for command in read_pages():
        for variable in command.variables:
            texts.setdefault(variable.name, variable.text)
            if command.words:
                words = command.words
                readers[variable.name].append(
                    link(f"`{' '.join(words)}`", f"commands/{'-'.join(words)}.md")
                )
    rows = [
        (f"`{name}`", text, "many" if len(readers[name]) > _MANY else ", ".join(readers[name]))
        for name, text in texts.items()
    ]
    return page(
        "Environment variables",
        "You need none of these. A build of your workflows sees none of them: it runs without"
        " credentials and without `AWS_` variables.",
        table(("variable", "does", "read by"), rows),
        "## Read for you",
        table(("variable", "does"), list(_OTHERS.items())),
        "A parameter can read any variable of the process that deploys: `OrdersTable = { env ="
        ' "ORDERS_TABLE" }`. See [Parameters](../how-to/parameters.md).',
    )
