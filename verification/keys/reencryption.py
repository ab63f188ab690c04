"""Key rotation: encrypt old values with the current key, in batches, while the service runs."""

from collections.abc import Iterator

from verification.keys import crypto, key_uses
from verification.keys.key_uses import SealedColumn

_BATCH = 200  # rows


def run() -> Iterator[tuple[str, int]]:
    """Seal all values of all columns under the current key; yields column and count after each batch.

    A value that changed since is left for the next run: the update names the value that was read. One that doesn't
    open is left as it is.
    """
    current = crypto.current_key()
    for use in key_uses.sealed():
        done, last = 0, 0
        stale = use.rows().exclude(use.sealed_by(current)).order_by("pk")
        while rows := list(stale.filter(pk__gt=last)[:_BATCH]):
            last = rows[-1].pk
            done += sum(_reencrypt(use, row) for row in rows)
            yield f"{use.model}.{use.column}", done
        if not last:
            yield f"{use.model}.{use.column}", 0


def _reencrypt(use: SealedColumn, row: object) -> int:
    before = getattr(row, use.column)
    bound = use.bound(row)
    try:
        plain = crypto.unseal(before, purpose=use.purpose, bound=bound)
    except crypto.Unsealable:
        return 0
    after = crypto.seal(plain, purpose=use.purpose, bound=bound)
    same = use.rows().filter(pk=getattr(row, "pk"), **{use.column: before})  # noqa: B009  (rows of any table)
    return same.update(**{use.column: after})
