"""How many rated tickets it takes to see a difference in a rate."""

from __future__ import annotations

import math
from statistics import NormalDist

from lms.domain.errors import Invalid

POWER = 0.8
LEVEL = 0.05


def tickets_per_arm(
    before: float,
    after: float,
    *,
    power: float = POWER,
    level: float = LEVEL,
    tickets_per_agent: float = 1.0,
    icc: float = 0.0,
) -> int:
    """Answer the rated tickets that each of two groups needs to tell two rates (0..1) apart, two-sided.

    J. Cohen, Statistical Power Analysis (1988), section 6.4, with the arcsine transformation; times
    1 + (m - 1) icc where m tickets come from the same agent. Raises Invalid for rates that are the same.
    """
    for name, value in (("before", before), ("after", after), ("power", power), ("level", level)):
        if not 0.0 < value < 1.0:
            raise Invalid(name, f"expected more than 0 and less than 1, found {value:g}")
    if before == after:
        raise Invalid("after", "expected another rate than before")
    if tickets_per_agent < 1 or not 0.0 <= icc <= 1.0:
        raise Invalid("icc", "expected 0 to 1, and at least one ticket an agent")
    normal = NormalDist()
    reach = normal.inv_cdf(1 - level / 2) + normal.inv_cdf(power)
    apart = 2 * (math.asin(math.sqrt(after)) - math.asin(math.sqrt(before)))
    return math.ceil(2 * (reach / apart) ** 2 * (1 + (tickets_per_agent - 1) * icc))
