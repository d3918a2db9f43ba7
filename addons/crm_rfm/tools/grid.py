"""The grid of segments: recency score x FM score, every cell exactly once.

Source of the default map: the eleven segments used by the usual products, arranged so
that they partition the grid. Most published maps overlap or leave cells out.
"""

#: segment codes by row (recency 5 down to 1) and column (FM 1 to 5)
DEFAULT_MAP = (
    ("new", "potential", "potential", "champions", "champions"),
    ("promising", "potential", "potential", "loyal", "loyal"),
    ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
    ("hibernating", "hibernating", "at_risk", "at_risk", "cant_lose"),
    ("lost", "hibernating", "at_risk", "at_risk", "cant_lose"),
)

#: band counts that a model may have
MIN_BANDS, MAX_BANDS = 2, 10


def scale(score, band_count, target=5):
    """Map a score of ``band_count`` bands on the ``target`` bands of the default map.

    The ends stay the ends, the middle is rounded to the nearest band (a half goes up).

    >>> [scale(score, 3) for score in (1, 2, 3)]
    [1, 3, 5]
    >>> [scale(score, 5) for score in (1, 2, 3, 4, 5)]
    [1, 2, 3, 4, 5]
    """
    span = band_count - 1
    return 1 + (2 * (score - 1) * (target - 1) + span) // (2 * span)


def default_code(r_score, fm_score, band_count=5):
    """Return the code of the default segment of one cell.

    >>> default_code(5, 5), default_code(1, 1), default_code(2, 5), default_code(3, 3, 3)
    ('champions', 'lost', 'cant_lose', 'champions')
    """
    return DEFAULT_MAP[5 - scale(r_score, band_count)][scale(fm_score, band_count) - 1]


def default_grid(band_count=5):
    """Return ``{(r, fm): code}`` for all ``band_count * band_count`` cells.

    :raises ValueError: when the number of bands is not allowed
    """
    if not MIN_BANDS <= band_count <= MAX_BANDS:
        raise ValueError(f"{band_count} bands are not between {MIN_BANDS} and {MAX_BANDS}")
    every = range(1, band_count + 1)
    return {(r, fm): default_code(r, fm, band_count) for r in every for fm in every}


def lookup(grid, score, prospect="prospect", excluded="excluded"):
    """Return the segment of a :class:`~.scoring.Score`.

    A customer without any counted purchase is a prospect; every other customer without
    scores is excluded.
    """
    if score.exclusion is None:
        return grid[score.r, score.fm]
    return prospect if score.exclusion == "no_purchase" else excluded
