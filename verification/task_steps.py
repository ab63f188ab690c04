"""Runs the steps of a background task, each even if an earlier one failed."""

from collections.abc import Callable


def run_each(*steps: Callable[[], object]) -> None:
    """Run the steps in order. One that always fails must not keep those after it from ever running.

    Errors: `ExceptionGroup` of all that failed, after the last step.
    """
    errors = []
    for step in steps:
        try:
            step()
        except Exception as error:  # noqa: BLE001  (raised with the others below)
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(steps)} steps failed", errors)
