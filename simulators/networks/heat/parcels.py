"""Plug flow: the water of one pipe as a queue of parcels in a ring buffer. Masses in kg, temperatures in °C.

A parcel keeps its place between its neighbours; nothing is mixed that is not mixed in the pipe, so a front stays a
front over any length (no numerical diffusion) and travel time is length over speed by construction.

All parcels of a pipe cool towards the ground alike. Instead of touching each one in every sub-step, a pipe carries
one affine map from the stored number θ to the temperature, ``T = scale * θ + offset``; cooling by the share ``f`` of
the distance to the ground turns it into ``scale * (1 - f)`` and ``offset + f * (ground - offset)``. The sum of mass
times θ is carried along, so heat content and heat loss of a pipe cost O(1), whatever its length. When the scale has
halved, the map is applied and reset.

Functions take the records of one line: ``parcels`` [capacity] PARCEL, ``ring`` RING, ``line`` LINE (records.py).
"""

from __future__ import annotations

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.records import Floats, Record, Records

MIN_SCALE = 0.5
"""Below this the affine map is applied and reset: keeps θ well scaled."""
COMPRESSED_FILL = 0.75
"""A full buffer is merged down to this share of its capacity, so that merging costs O(1) per pushed parcel."""
FIRST_MERGE_BOUND = 1e-3
"""Merging starts with pairs whose merge error is below this share of the mean one; the bound then doubles."""


def fill(parcels: Records, ring: Record, line: Record, total_kg: float, temperatures_degc: Floats) -> None:
    """Fill a line with equal parcels; ``temperatures_degc`` runs from the far end b to the near end a."""
    n = temperatures_degc.size
    ring["head"], ring["count"] = 0, n
    parcels["mass_kg"][:n] = total_kg / n
    parcels["theta"][:n] = temperatures_degc
    line["scale"], line["offset"] = 1.0, 0.0
    line["content"] = float(np.sum(parcels["mass_kg"][:n] * temperatures_degc))


@compiled
def heat_content(line: Record, total_kg: float) -> float:
    """Σ mass * temperature of a line, kg K above 0 °C (times c_p: J)."""
    return line.scale * line.content + line.offset * total_kg


@compiled
def cool(parcels: Records, ring: Record, line: Record, total_kg: float, cooled_frac: float,
         ground_degc: float) -> float:
    """Cool a line by ``cooled_frac`` of its difference to the ground; returns the loss in kg K (times c_p: J)."""
    before = heat_content(line, total_kg)
    line.scale -= line.scale * cooled_frac
    line.offset += (ground_degc - line.offset) * cooled_frac
    loss = before - heat_content(line, total_kg)
    if line.scale < MIN_SCALE:
        _apply_map(parcels, ring, line)
    return loss


@compiled
def _apply_map(parcels: Records, ring: Record, line: Record) -> None:
    total = 0.0
    for k in range(ring.count):
        j = (ring.head + k) % parcels.size
        parcels[j].theta = line.scale * parcels[j].theta + line.offset
        total += parcels[j].mass_kg * parcels[j].theta
    line.content = total
    line.scale = 1.0
    line.offset = 0.0


@compiled
def push_pop(parcels: Records, ring: Record, line: Record, total_kg: float, moved_kg: float,
             inlet_degc: float) -> float:
    """Push ``|moved_kg|`` (> 0) in at one end, take the same mass out at the other; returns its mean temperature.

    ``moved_kg`` > 0 enters at a and leaves at b, < 0 the other way round. More than the line holds may be moved: the
    surplus passes through. Exact up to round-off for any mass, however small or large.
    """
    forward = moved_kg > 0.0
    amount = abs(moved_kg)
    theta_in = (inlet_degc - line.offset) / line.scale
    if amount >= total_kg:
        taken = line.content + (amount - total_kg) * theta_in
        ring.head = 0
        ring.count = 1
        parcels[0].mass_kg = total_kg
        parcels[0].theta = theta_in
        line.content = total_kg * theta_in
    else:
        if ring.count >= parcels.size:
            _compress(parcels, ring, line)
        _push(parcels, ring, forward, amount, theta_in)
        taken = _pop(parcels, ring, forward, amount)
        line.content += amount * theta_in - taken
    return line.scale * (taken / amount) + line.offset


@compiled
def _push(parcels: Records, ring: Record, forward: bool, amount: float, theta_in: float) -> None:
    if forward:
        j = ring.head + ring.count
        if j >= parcels.size:
            j -= parcels.size
    else:
        j = ring.head - 1
        if j < 0:
            j += parcels.size
        ring.head = j
    parcels[j].mass_kg = amount
    parcels[j].theta = theta_in
    ring.count += 1


@compiled
def _pop(parcels: Records, ring: Record, forward: bool, amount: float) -> float:
    """Take ``amount`` out at the outlet; returns the taken mass times θ."""
    rest = amount
    taken = 0.0
    while True:
        if forward:
            j = ring.head
        else:
            j = ring.head + ring.count - 1
            if j >= parcels.size:
                j -= parcels.size
        mass = parcels[j].mass_kg
        if rest < mass or ring.count == 1:
            parcels[j].mass_kg = mass - rest
            return taken + rest * parcels[j].theta
        taken += mass * parcels[j].theta
        rest -= mass
        ring.count -= 1
        if forward:
            ring.head = j + 1 if j + 1 < parcels.size else 0


@compiled
def _compress(parcels: Records, ring: Record, line: Record) -> None:
    """Merge neighbours, the most alike first, until a quarter of the buffer is free. Mass and heat are kept.

    Merging two neighbours destroys the square error m1·m2/(m1+m2)·(θ1-θ2)²: small parcels and equal temperatures go
    first, fronts stay. One sweep merges the pairs below a bound; the bound doubles until enough are merged.
    """
    target = int(COMPRESSED_FILL * parcels.size)
    bound = FIRST_MERGE_BOUND * _mean_merge_error(parcels, ring)
    while ring.count > target:
        keep = ring.head
        surplus = ring.count - target
        merged = 0
        for k in range(1, ring.count):
            j = (ring.head + k) % parcels.size
            if merged < surplus and _merge_error(parcels, keep, j) <= bound:
                joint = parcels[keep].mass_kg + parcels[j].mass_kg
                heat = parcels[keep].mass_kg * parcels[keep].theta + parcels[j].mass_kg * parcels[j].theta
                parcels[keep].mass_kg = joint
                parcels[keep].theta = heat / joint
                merged += 1
            else:
                keep = (keep + 1) % parcels.size
                parcels[keep].mass_kg = parcels[j].mass_kg
                parcels[keep].theta = parcels[j].theta
        ring.count -= merged
        bound = 2.0 * bound if bound > 0.0 else 1e-300


@compiled
def _merge_error(parcels: Records, j: int, k: int) -> float:
    difference = parcels[j].theta - parcels[k].theta
    product = parcels[j].mass_kg * parcels[k].mass_kg
    return product / (parcels[j].mass_kg + parcels[k].mass_kg) * difference * difference


@compiled
def _mean_merge_error(parcels: Records, ring: Record) -> float:
    total = 0.0
    for k in range(1, ring.count):
        total += _merge_error(parcels, (ring.head + k) % parcels.size, (ring.head + k - 1) % parcels.size)
    return total / ring.count


@compiled
def end_degc(parcels: Records, ring: Record, line: Record, far: bool) -> float:
    """Temperature of the parcel that lies at one end of a line."""
    j = ring.head if far else (ring.head + ring.count - 1) % parcels.size
    return line.scale * parcels[j].theta + line.offset
