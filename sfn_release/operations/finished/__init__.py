"""Reading finished executions from an environment: lists, histories, logs, releases."""
