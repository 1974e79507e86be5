"""Stock maths as the textbooks have it: numbers or arrays in, the same shape out. Units are the caller's, but one time unit throughout."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


class LeadTimeDemand(NamedTuple):
    """Demand while an order is on its way: what to expect, and how far it strays."""

    mean: Numbers
    sd: Numbers


def loss(z: ArrayLike) -> Numbers:
    """Standard loss G(z) = φ(z) - z(1 - Φ(z)): expected shortage in standard deviations.

    >>> round(float(loss(0)), 4)
    0.3989
    """
    from scipy import special

    z = np.asarray(z, float)
    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) - z * special.ndtr(-z))


def loss_inverse(g: ArrayLike) -> Numbers:
    """The z with G(z) = g, for g > 0.

    >>> round(float(loss_inverse(0.3989422804)), 6)
    0.0
    """
    g = np.asarray(g, float)
    low, high = -g - 10.0, np.full_like(g, 40.0)  # G(z) > -z everywhere, and G(40) is 0
    for _ in range(80):
        middle = (low + high) / 2
        above = loss(middle) > g
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray((low + high) / 2)


def lead_time_demand(mean: ArrayLike, sd: ArrayLike, lead: ArrayLike, lead_sd: ArrayLike = 0, review: ArrayLike = 0) -> LeadTimeDemand:
    """μ = d(L + R), σ = √((L + R)σ_d² + d²σ_L²): a lead time that varies moves the whole demand, so its variance counts d² times.

    >>> [round(float(part), 4) for part in lead_time_demand(20, 6, 9, 2)]
    [180.0, 43.8634]
    """
    mean, sd, lead, lead_sd = (np.asarray(value, float) for value in (mean, sd, lead, lead_sd))
    covered = lead + np.asarray(review, float)
    return LeadTimeDemand(mean * covered, np.sqrt(covered * sd**2 + mean**2 * lead_sd**2))


def safety_stock(sd: ArrayLike, cycle_service: ArrayLike) -> Numbers:
    """SS = zσ with z = Φ⁻¹(α): no shortage in a share α of order cycles. That is not a fill rate.

    >>> round(float(safety_stock(43.8634244, 0.95)), 4)
    72.1489
    """
    from scipy import special

    return np.asarray(special.ndtri(cycle_service) * np.asarray(sd, float))


def safety_stock_for_fill(sd: ArrayLike, fill: ArrayLike, quantity: ArrayLike) -> Numbers:
    """SS = zσ with G(z) = (1 - β)Q/σ: a share β of demand is served. Below zero for large orders, which is right.

    >>> round(float(safety_stock_for_fill(43.8634244, 0.95, 250)), 4)
    11.1158
    """
    sd, fill, quantity = (np.asarray(value, float) for value in (sd, fill, quantity))
    return np.asarray(loss_inverse((1 - fill) * quantity / sd) * sd)


def reorder_point(mean: ArrayLike, safety: ArrayLike) -> Numbers:
    """ROP = μ_DLT + SS, to be compared with stock on hand plus on order.

    >>> float(reorder_point(180, 72.15))
    252.15
    """
    return np.asarray(np.asarray(mean, float) + np.asarray(safety, float))


def fill_rate(point: ArrayLike, quantity: ArrayLike, mean: ArrayLike, sd: ArrayLike, exact: bool = True) -> Numbers:
    """Share of demand served by (r, Q) under normal demand: 1 - σ(G((r - μ)/σ) - G((r + Q - μ)/σ))/Q.

    `exact=False` leaves out the second loss, as most textbooks do.

    >>> round(float(fill_rate(252.1489127, 50, 180, 43.8634244)), 4)
    0.9824
    """
    point, quantity, mean, sd = (np.asarray(value, float) for value in (point, quantity, mean, sd))
    short = loss((point - mean) / sd)
    if exact:
        short = short - loss((point + quantity - mean) / sd)
    return np.asarray(1 - sd * short / quantity)


def eoq(demand: ArrayLike, order_cost: ArrayLike, holding: ArrayLike) -> Numbers:
    """Economic order quantity √(2KD/h): `holding` is money a piece and year, `demand` pieces a year.

    >>> round(float(eoq(1300, 8, 0.225)), 4)
    304.0468
    """
    return np.asarray(np.sqrt(2 * np.asarray(order_cost, float) * np.asarray(demand, float) / np.asarray(holding, float)))


def eoq_cost(demand: ArrayLike, order_cost: ArrayLike, holding: ArrayLike, quantity: ArrayLike | None = None) -> Numbers:
    """Yearly cost of ordering and holding KD/Q + hQ/2, at the economic quantity unless one is given.

    >>> round(float(eoq_cost(1300, 8, 0.225)), 4)
    68.4105
    """
    quantity = eoq(demand, order_cost, holding) if quantity is None else np.asarray(quantity, float)
    ordering = np.asarray(order_cost, float) * np.asarray(demand, float) / quantity
    return np.asarray(ordering + np.asarray(holding, float) * quantity / 2)


def newsvendor(mean: ArrayLike, sd: ArrayLike, over: ArrayLike, under: ArrayLike) -> Numbers:
    """S* = F⁻¹(c_u/(c_u + c_o)) for normal demand: one order, then one season.

    >>> round(float(newsvendor(50, 8, over=0.18, under=0.70)), 4)
    56.604
    """
    from scipy import special

    return np.asarray(np.asarray(mean, float) + special.ndtri(_critical_ratio(over, under)) * np.asarray(sd, float))


def newsvendor_cost(stock: ArrayLike, mean: ArrayLike, sd: ArrayLike, over: ArrayLike, under: ArrayLike) -> Numbers:
    """Expected cost of having `stock` for normal demand: c_o(S - μ) + (c_o + c_u)σG((S - μ)/σ).

    >>> round(float(newsvendor_cost(56.6039559, 50, 8, over=0.18, under=0.70)), 4)
    1.9976
    """
    stock, mean, sd, over, under = (np.asarray(value, float) for value in (stock, mean, sd, over, under))
    return np.asarray(over * (stock - mean) + (over + under) * sd * loss((stock - mean) / sd))


def newsvendor_poisson(mean: ArrayLike, over: ArrayLike, under: ArrayLike) -> Numbers:
    """The smallest whole S with P(D ≤ S) ≥ c_u/(c_u + c_o), for slow movers, where the normal orders too little.

    >>> float(newsvendor_poisson(50, over=1, under=4))
    56.0
    """
    from scipy import stats

    return np.asarray(stats.poisson.ppf(_critical_ratio(over, under), np.asarray(mean, float)))


def newsvendor_poisson_cost(stock: ArrayLike, mean: ArrayLike, over: ArrayLike, under: ArrayLike) -> Numbers:
    """Expected cost of having `stock` for Poisson demand.

    >>> round(float(newsvendor_poisson_cost(56, 50, over=1, under=4)), 4)
    10.0752
    """
    from scipy import stats

    stock, mean, over, under = (np.asarray(value, float) for value in (stock, mean, over, under))
    short = mean * stats.poisson.sf(stock - 1, mean) - stock * stats.poisson.sf(stock, mean)
    return np.asarray(over * (stock - mean) + (over + under) * short)


def _critical_ratio(over: ArrayLike, under: ArrayLike) -> Numbers:
    over, under = np.asarray(over, float), np.asarray(under, float)
    return np.asarray(under / (over + under))
