"""What lies beside the carriageway: cycle lanes and paths, sidewalks, as somebody who travels along sees them.

Traffic keeps right (StVO section 2(2)): the side that counts for a direction is its right one.
Reference: OpenStreetMap wiki, "Key:cycleway", "Key:sidewalk".
"""

from __future__ import annotations

_KINDS = {
    "track": "track",
    "lane": "lane",
    "shared_lane": "shared",
    "share_busway": "shared",
    "shared": "shared",
    "separate": "separate",
    "no": "none",
    "none": "none",
}


def cycleway(tags: dict[str, str], along: bool) -> str:
    """Return the cycle path of one direction of a road.

    Parameters
    ----------
    tags : dict of str
        Of the way.
    along : bool
        In the direction of the way, or against it.

    Returns
    -------
    str
        ``"track"`` (a path of its own, also a way that is one), ``"lane"``, ``"shared"`` (with buses or cars, marked),
        ``"separate"`` (the map draws it as a way of its own), ``"none"`` (the map says so), ``""`` (it says nothing).

    Examples
    --------
    >>> street = {"highway": "primary", "cycleway:right": "lane", "cycleway:left": "no"}
    >>> cycleway(street, along=True), cycleway(street, along=False)
    ('lane', 'none')
    """
    if tags.get("highway") == "cycleway" or (
        tags.get("highway") in ("path", "footway", "track") and tags.get("bicycle") in ("designated", "official")
    ):
        return "track"
    one_way = tags.get("oneway") in ("yes", "true", "1", "-1", "reverse")
    with_traffic = along != (tags.get("oneway") in ("-1", "reverse"))
    own, other = ("right", "left") if along else ("left", "right")
    # both sides of a one-way street serve its direction, the right one first
    sides = (own, other) if one_way and with_traffic else (own,)
    for key in (*(f"cycleway:{side}" for side in sides), "cycleway:both", "cycleway"):
        value = tags.get(key, "")
        if value.startswith("opposite"):  # a contraflow lane serves those who ride against the street
            if one_way and not with_traffic:
                return _KINDS.get(value.removeprefix("opposite_"), "none")
            continue
        if value in _KINDS and not (key == "cycleway" and one_way and not with_traffic):
            return _KINDS[value]
    return ""


def sidewalk(tags: dict[str, str], along: bool) -> str:
    """Return where a road has sidewalks, seen in one direction.

    Returns
    -------
    str
        ``"both"``, ``"right"``, ``"left"``, ``"separate"`` (drawn as ways of their own), ``"none"`` (the map says so),
        ``""`` (it says nothing).

    Examples
    --------
    >>> sidewalk({"sidewalk": "right"}, along=False), sidewalk({"sidewalk:left": "yes", "sidewalk:right": "no"}, True)
    ('left', 'left')
    """
    whole = tags.get("sidewalk", tags.get("sidewalk:both", ""))
    if whole in ("no", "none"):
        return "none"
    if whole == "separate":
        return "separate"
    if whole in ("both", "yes") and ("sidewalk:both" in tags or whole == "both"):
        return "both"
    has = {side for side in ("left", "right") if whole == side or tags.get(f"sidewalk:{side}") == "yes"}
    apart = any(tags.get(f"sidewalk:{side}") == "separate" for side in ("left", "right"))
    if has == {"left", "right"}:
        return "both"
    if has:
        (side,) = has
        return side if along else {"left": "right", "right": "left"}[side]
    if apart:
        return "separate"
    told = [tags.get(f"sidewalk:{side}") for side in ("left", "right")]
    return "none" if told == ["no", "no"] else ""
