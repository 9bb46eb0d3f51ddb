"""Words and numbers for people, in English and German: every sentence of texts, maps and reports stands here.

Numbers get the language's decimal mark, thousands separator and a real minus sign; files for machines never do.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Literal

from twin.errors import InputError

Language = Literal["en", "de"]
LANGUAGES = ("en", "de")

_UNITS = {
    "degC": ("°C", "°C"),
    "%": ("%", "%"),
    "1": ("", ""),
    "m2": ("m²", "m²"),
    "m3": ("m³", "m³"),
    "m s-1": ("m/s", "m/s"),
    "pp": ("percentage points", "Prozentpunkte"),
    "K h": ("K·h", "K·h"),
    "h-1": ("vehicles/h", "Kfz/h"),
    "vehicles/h": ("vehicles/h", "Kfz/h"),
    "vehicle h": ("vehicle hours", "Kfz-Stunden"),
    "vehicle km": ("vehicle km", "Kfz-km"),
    "residents": ("residents", "Einwohner"),
    "buildings": ("buildings", "Gebäude"),
    "sections": ("sections", "Abschnitte"),
}

_WORDS = {
    # judgements
    "better": ("better", "besser"),
    "worse": ("worse", "schlechter"),
    "same": ("no change", "unverändert"),
    "changed": ("changed", "verändert"),
    "unknown": ("not known", "nicht bekannt"),
    "less": ("less is better", "weniger ist besser"),
    "more": ("more is better", "mehr ist besser"),
    "neutral": ("for information", "zur Information"),
    # models
    "heat": ("Heat", "Hitze"),
    "flood": ("Heavy rain", "Starkregen"),
    "traffic": ("Traffic", "Verkehr"),
    # topics of caveats
    "topic.terrain": ("terrain", "Gelände"),
    "topic.heights": ("building heights", "Gebäudehöhen"),
    "topic.buildings": ("missing buildings", "fehlende Gebäude"),
    "topic.trees": ("trees", "Bäume"),
    "topic.land_cover": ("land cover", "Bodenbedeckung"),
    "topic.roads": ("road data", "Straßendaten"),
    "topic.edges": ("edges of the area", "Gebietsränder"),
    "topic.residents": ("residents", "Einwohnerzahlen"),
    "topic.demand": ("traffic demand", "Verkehrsnachfrage"),
    "topic.weather": ("weather", "Wetter"),
    "topic.sewers": ("no sewers in the model", "Kanalnetz nicht im Modell"),
    "caveat.demand": (
        "The traffic demand was not calibrated on counts; flows show where traffic shifts, not how much drives there.",
        "Die Verkehrsnachfrage wurde nicht an Zählungen kalibriert; die Belastungen zeigen, wohin sich Verkehr "
        "verlagert, nicht wie viel dort fährt.",
    ),
    "caveat.weather": (
        "Air temperature, humidity and wind are the same everywhere: no heat island, no shelter from wind; nothing "
        "beyond the edge of the area casts shade.",
        "Lufttemperatur, Feuchte und Wind sind überall gleich: keine Wärmeinsel, kein Windschatten; jenseits des "
        "Gebietsrands wirft nichts Schatten.",
    ),
    "caveat.weather.assumed": (
        "The weather is assumed, a cloudless day. Air temperature, humidity and wind are the same everywhere: no heat "
        "island, no shelter from wind; nothing beyond the edge of the area casts shade.",
        "Das Wetter ist angenommen, ein wolkenloser Tag. Lufttemperatur, Feuchte und Wind sind überall gleich: keine "
        "Wärmeinsel, kein Windschatten; jenseits des Gebietsrands wirft nichts Schatten.",
    ),
    "caveat.weather.estimated": (
        "Part of the weather was not measured but estimated or assumed (radiation, wind or gaps). Air temperature, "
        "humidity and wind are the same everywhere: no heat island, no shelter from wind; nothing beyond the edge of "
        "the area casts shade.",
        "Ein Teil des Wetters ist nicht gemessen, sondern geschätzt oder angenommen (Strahlung, Wind oder Lücken). "
        "Lufttemperatur, Feuchte und Wind sind überall gleich: keine Wärmeinsel, kein Windschatten; jenseits des "
        "Gebietsrands wirft nichts Schatten.",
    ),
    "caveat.sewers": (
        "Sewers and house drains are not in the model; the rain falls everywhere at once.",
        "Kanalnetz und Hausanschlüsse sind nicht im Modell; der Regen fällt überall zugleich.",
    ),
    # sentences of the text
    "text.change": (
        "{after} instead of {before} with “{variant}” ({difference}, {judgement})",
        "{after} statt {before} mit „{variant}“ ({difference}, {judgement})",
    ),
    "text.stays": ("unchanged {after} with “{variant}”", "unverändert {after} mit „{variant}“"),
    "text.unknown": ("not known with “{variant}”", "nicht bekannt mit „{variant}“"),
    "text.headline": ("{event} – {label}: {changes}; {assumption}.", "{event} – {label}: {changes}; {assumption}."),
    "text.also": ("{label}: {changes}.", "{label}: {changes}."),
    "text.rests": ("screening only, resting on: {topics}", "nur Screening, beruht auf: {topics}"),
    "text.rests.none": (
        "no caveats are recorded for the data behind it",
        "zu den Daten dahinter sind keine Vorbehalte vermerkt",
    ),
    "text.streets": (
        "Most traffic shifts with “{variant}” on {more} ({more_difference}) and {less} ({less_difference}).",
        "Am stärksten verlagert sich Verkehr mit „{variant}“ auf {more} ({more_difference}) und {less} "
        "({less_difference}).",
    ),
    "text.more_events": (
        "{count} more results stand in the table.",
        "{count} weitere Ergebnisse stehen in der Tabelle.",
    ),
    "text.cost": ("“{variant}” costs about {cost}.", "„{variant}“ kostet etwa {cost}."),
    "text.only": (
        "Only “{variant}” was computed; there is nothing to compare it with.",
        "Nur „{variant}“ wurde gerechnet; es gibt keinen Vergleich.",
    ),
    "and": ("and", "und"),
    # maps
    "map.change_of": ("Change of {label}", "Änderung: {label}"),
    "map.minus": ("“{variant}” minus “{baseline}”", "„{variant}“ minus „{baseline}“"),
    "map.hour": (", {hour}", ", {hour}"),
    "days.sum": (", sum of {days} days", ", Summe über {days} Tage"),
    "days.mean": (", per day (mean of {days} days)", ", je Tag (Mittel über {days} Tage)"),
    "days.mean_only": (", mean of {days} days", ", Mittel über {days} Tage"),
    "map.of_day": (", highest of the day", ", Tageshöchstwert"),
    "map.stress_class": ("classes of heat stress (UTCI)", "Klassen der Wärmebelastung (UTCI)"),
    "map.cool_places": ("cool places near homes", "kühle Orte nahe Wohnhäusern"),
    "map.cool": ("cool place", "kühler Ort"),
    "map.home_near": ("homes near one", "Wohnhäuser in der Nähe"),
    "map.home_far": ("homes without", "Wohnhäuser ohne"),
    "map.cool_rule": (
        "{area} or more, UTCI up to {bound}; near: {walk} {way}; private ground is not told apart",
        "ab {area}, UTCI bis {bound}; nah: {walk} {way}; Privatgrund ist nicht ausgenommen",
    ),
    "map.along_ways": ("along footways", "Fußweg"),
    "map.straight": ("as the crow flies", "Luftlinie"),
    "map.street_shade": (
        "share of streets and footways in shade, 11 to 16 h",
        "Anteil der Straßen und Wege im Schatten, 11 bis 16 Uhr",
    ),
    "map.around_homes": (", within 10 m of homes", ", bis 10 m um Wohnhäuser"),
    "map.measure": ("measure", "Maßnahme"),
    "map.building": ("building", "Gebäude"),
    "map.road": ("road", "Straße"),
    "map.north": ("N", "N"),
    "map.dry": ("no colour: below {least}", "ohne Farbe: unter {least}"),
    "map.unchanged": ("no colour: change below {value}", "ohne Farbe: Änderung unter {value}"),
    "map.screening": ("Screening: {topics}", "Screening: {topics}"),
    "map.data": ("Data: {sources}", "Daten: {sources}"),
    "map.model": ("Model: twin {version}, {validation}", "Modell: twin {version}, {validation}"),
    "map.both": ("vehicles per hour, both directions", "Kfz je Stunde, beide Richtungen"),
    "map.zoom": ("Detail: the area of the grid", "Ausschnitt: Bereich des Rasters"),
    "alt.value": (
        "Map of {label} for “{variant}” ({event}): from {low} to {high}, middle {middle}{measures}.",
        "Karte: {label} für „{variant}“ ({event}): von {low} bis {high}, Mitte {middle}{measures}.",
    ),
    "alt.difference": (
        "Map of the change of {label}, “{variant}” minus “{baseline}” ({event}): from {low} to {high}; "
        "lower on {share_less} and higher on {share_more} of the area{measures}.",
        "Karte der Änderung: {label}, „{variant}“ minus „{baseline}“ ({event}): von {low} bis {high}; "
        "niedriger auf {share_less} und höher auf {share_more} der Fläche{measures}.",
    ),
    "alt.measures": ("; measures are outlined", "; Maßnahmen sind umrandet"),
    "alt.classes": (
        "Map of {label} for “{variant}” ({event}): {shares}{measures}.",
        "Karte: {label} für „{variant}“ ({event}): {shares}{measures}.",
    ),
    "alt.cool_places": (
        "Map of {label} for “{variant}” ({event}): {count} cool places; {share} of residents have one nearby, "
        "{without} have none{measures}.",
        "Karte: {label} für „{variant}“ ({event}): {count} kühle Orte; {share} der Einwohner haben einen in der Nähe, "
        "{without} haben keinen{measures}.",
    ),
    "alt.cool_areas": (
        "Map of {label} for “{variant}” ({event}): {count} cool places{measures}.",
        "Karte: {label} für „{variant}“ ({event}): {count} kühle Orte{measures}.",
    ),
    "alt.street_shade": (
        "Map of the shade on streets and footways from 11 to 16 h for “{variant}” ({event}): {mean} of their length on "
        "average{measures}.",
        "Karte des Schattens auf Straßen und Wegen von 11 bis 16 Uhr für „{variant}“ ({event}): im Mittel {mean} der "
        "Länge{measures}.",
    ),
    "alt.street_shade.difference": (
        "Map of the change of shade on streets and footways, “{variant}” minus “{baseline}” ({event}): {mean} of their "
        "length on average{measures}.",
        "Karte der Änderung des Schattens auf Straßen und Wegen, „{variant}“ minus „{baseline}“ ({event}): im Mittel "
        "{mean} der Länge{measures}.",
    ),
    "alt.home_changes": (
        "Map of the change of {label}, “{variant}” minus “{baseline}” ({event}). {sentence}",
        "Karte der Änderung: {label}, „{variant}“ minus „{baseline}“ ({event}). {sentence}",
    ),
    "text.gains": (
        "“{variant}”: {better} with at least {least} less strong heat stress within 10 m of home, {worse} with "
        "at least {least} more",
        "„{variant}“: {better} mit mindestens {least} weniger starker Wärmebelastung im Umkreis von 10 m um ihr Haus, "
        "{worse} mit mindestens {least} mehr",
    ),
    "text.gains.none": (
        "“{variant}”: for nobody do the hours of strong heat stress within 10 m of home change by {least} or more.",
        "„{variant}“: für niemanden ändern sich die Stunden starker Wärmebelastung im Umkreis von 10 m um das Haus um "
        "{least} oder mehr.",
    ),
    "text.gains.group": ("{group}: {better} less, {worse} more", "{group}: {better} weniger, {worse} mehr"),
    "text.gains.moved": (
        "; {gone} lose their home, {new} move in",
        "; {gone} verlieren ihr Haus, {new} ziehen neu ein",
    ),
    "text.best_places": (
        "Of places, {place} gains most ({change}).",
        "Von den Orten gewinnt {place} am meisten ({change}).",
    ),
    "text.best_streets": (
        "Of streets, {street} gains most shade ({change} of its length from 11 to 16 h).",
        "Von den Straßen gewinnt {street} am meisten Schatten ({change} der Länge von 11 bis 16 Uhr).",
    ),
    "place.playground": ("playground", "Spielplatz"),
    "place.school": ("school", "Schule"),
    "place.kindergarten": ("kindergarten", "Kindergarten"),
    "place.hospital": ("hospital", "Krankenhaus"),
    "place.clinic": ("clinic", "Klinik"),
    "place.care_home": ("care home", "Pflegeheim"),
    "place.fire_station": ("fire station", "Feuerwache"),
    "place.park": ("park", "Park"),
    "where.none": ("no open ground in reach", "keine Freifläche in Reichweite"),
    "where.outside": ("outside the area", "außerhalb des Gebiets"),
    "report.classes": ("Open ground by class of heat stress", "Freifläche nach Klasse der Wärmebelastung"),
    "report.class": ("Class", "Klasse"),
    "report.gains": ("Who gains, who loses", "Wer gewinnt, wer verliert"),
    "report.gains.explain": (
        "Counted are people by the hours of strong heat stress (UTCI above 32 °C) on the open cells within 10 m of "
        "their home; a change below {least} counts as none.",
        "Gezählt werden Menschen nach den Stunden mit starker Wärmebelastung (UTCI über 32 °C) auf den Freiflächen bis "
        "10 m um ihr Haus; eine Änderung unter {least} gilt als keine.",
    ),
    "report.group": ("Group", "Gruppe"),
    "report.people": ("People", "Menschen"),
    "report.fewer_hours": ("Fewer hours", "Weniger Stunden"),
    "report.more_hours": ("More hours", "Mehr Stunden"),
    "report.same_hours": ("About the same", "Etwa gleich"),
    "report.not_known": ("Not known", "Nicht bekannt"),
    "report.gone": ("Home removed", "Haus entfällt"),
    "report.new": ("New homes", "Neue Häuser"),
    "report.mean_change": ("Mean change", "Mittlere Änderung"),
    "report.places": (
        "Hours of strong heat stress at playgrounds, schools, care homes and hospitals",
        "Stunden mit starker Wärmebelastung an Spielplätzen, Schulen, Pflegeheimen und Krankenhäusern",
    ),
    "report.more_places": ("{count} more places are not listed.", "{count} weitere Orte sind nicht aufgeführt."),
    "report.shade": (
        "Shade on streets and footways from 11 to 16 h, share of length",
        "Schatten auf Straßen und Wegen von 11 bis 16 Uhr, Anteil der Länge",
    ),
    "report.shade.assumed": (
        "Sidewalks on both sides are assumed on {share} of the length.",
        "Auf {share} der Länge sind Gehwege auf beiden Seiten angenommen.",
    ),
    "report.shade.roads": (
        "The network holds no footways apart from streets.",
        "Das Netz enthält keine Fußwege abseits der Straßen.",
    ),
    "report.all_streets": ("All streets and footways", "Alle Straßen und Wege"),
    "report.length": ("Length", "Länge"),
    "group.residents": ("all residents", "alle Einwohner"),
    "group.over": ("{age} and older", "{age} und älter"),
    "group.under": ("under {age}", "unter {age}"),
    "alt.roads": (
        "Road map of vehicles per hour for “{variant}” ({event}): at most {high}, on {street}{measures}.",
        "Straßenkarte der Fahrzeuge je Stunde für „{variant}“ ({event}): höchstens {high}, auf {street}{measures}.",
    ),
    "alt.roads.difference": (
        "Road map of the change in vehicles per hour, “{variant}” minus “{baseline}” ({event}): "
        "from {low} to {high}{measures}.",
        "Straßenkarte der Änderung der Fahrzeuge je Stunde, „{variant}“ minus „{baseline}“ ({event}): "
        "von {low} bis {high}{measures}.",
    ),
    "unnamed.road": ("unnamed road", "Straße ohne Namen"),
    "unnamed.near": ("unnamed road near {street}", "Straße ohne Namen bei {street}"),
    "unnamed": ("an unnamed road", "einer Straße ohne Namen"),
    "near": ("near {street}", "bei {street}"),
    "building": ("building {number}", "Gebäude {number}"),
    # report
    "report.title": ("{city}: variants compared", "{city}: Varianten im Vergleich"),
    "report.subtitle": (
        "{variants} against “{baseline}”",
        "{variants} gegenüber „{baseline}“",
    ),
    "report.answer": ("The answer in short", "Die Antwort in Kürze"),
    "report.question.what": ("What changes", "Was sich ändert"),
    "report.question.where": ("Where", "Wo"),
    "report.question.whom": ("For whom", "Für wen"),
    "report.rests": ("Rests on", "Beruht auf"),
    "report.screening": ("Screening quality: read this first", "Screening-Qualität: bitte zuerst lesen"),
    "report.screening.text": (
        "These results rank variants and show where to look closer. They do not replace a survey or an expert report. "
        "What they rest on:",
        "Diese Ergebnisse ordnen Varianten und zeigen, wo genauer hinzusehen ist. Sie ersetzen keine Vermessung und "
        "kein Gutachten. Worauf sie beruhen:",
    ),
    "report.no_caveats": (
        "The data of this city carry no recorded caveats.",
        "Zu den Daten dieser Stadt sind keine Vorbehalte vermerkt.",
    ),
    "report.maps": ("Maps", "Karten"),
    "report.swipe": (
        "Move the slider to see “{left}” (left) and “{right}” (right)",
        "Mit dem Regler zwischen „{left}“ (links) und „{right}“ (rechts) wechseln",
    ),
    "report.left": ("Left", "Links"),
    "report.right": ("Right", "Rechts"),
    "report.slider": ("Dividing line", "Trennlinie"),
    "report.side_by_side": ("Side by side", "Nebeneinander"),
    "report.overlay": ("On top of each other", "Übereinander"),
    "report.differences": ("Difference to “{baseline}”", "Unterschied zu „{baseline}“"),
    "report.indicators": ("Indicators", "Kennzahlen"),
    "report.indicator": ("Indicator", "Kennzahl"),
    "report.unit": ("Unit", "Einheit"),
    "report.wish": ("Wish", "Ziel"),
    "report.change": ("Change", "Änderung"),
    "report.worst": ("Places with the highest values", "Orte mit den höchsten Werten"),
    "report.place": ("Place", "Ort"),
    "report.residents": ("Residents", "Einwohner"),
    "report.streets": ("Streets where traffic changes most", "Straßen mit der größten Verkehrsänderung"),
    "report.street": ("Street", "Straße"),
    "report.measures": ("Measures", "Maßnahmen"),
    "report.measure": ("Measure", "Maßnahme"),
    "report.variant": ("Variant", "Variante"),
    "report.area": ("Footprint", "Umgriff"),
    "report.cost": ("Cost", "Kosten"),
    "report.changes": ("Changes", "Verändert"),
    "changes.network": ("road network", "Straßennetz"),
    "changes.buildings": ("buildings", "Gebäude"),
    "changes.trees": ("trees", "Bäume"),
    "report.notes": ("Notes", "Hinweise"),
    "report.total": ("Total", "Summe"),
    "report.none": ("none", "keine"),
    "report.method": ("How it was computed", "Wie gerechnet wurde"),
    "report.options": ("All model options", "Alle Modelloptionen"),
    "report.quality": ("Numerical quality", "Numerische Güte"),
    "report.validation": ("Validation", "Validierung"),
    "report.volume_error": (
        "water balance error, relative to the rain",
        "Fehler der Wasserbilanz, bezogen auf den Niederschlag",
    ),
    "report.relative_gap": ("relative gap of the assignment", "relative Lücke der Umlegung"),
    "report.sources": ("Sources and licences", "Quellen und Lizenzen"),
    "report.source": ("Source", "Quelle"),
    "report.licence": ("Licence", "Lizenz"),
    "report.attribution": ("Attribution", "Quellenvermerk"),
    "report.provenance": ("Provenance", "Herkunft der Ergebnisse"),
    "report.event": ("Event", "Ereignis"),
    "report.model": ("Model", "Modell"),
    "report.version": ("Version", "Version"),
    "report.fingerprint": ("Fingerprint of inputs and options", "Fingerabdruck von Eingaben und Optionen"),
    "report.created": ("Created {date} with twin {version}", "Erstellt am {date} mit twin {version}"),
    "report.grid": (
        "Grid {rows} × {columns} cells of {resolution}, {crs}",
        "Raster {rows} × {columns} Zellen zu {resolution}, {crs}",
    ),
    "report.missing": ("Not computed", "Nicht berechnet"),
    "report.reports": ("What the readers of the data found", "Was beim Einlesen der Daten auffiel"),
    "reader.buildings on the grid": ("buildings on the grid", "Gebäude auf dem Raster"),
    "reader.road network from OpenStreetMap": ("road network from OpenStreetMap", "Straßennetz aus OpenStreetMap"),
    "report.scroll": ("Table, scrolls sideways", "Tabelle, seitlich scrollbar"),
    "report.contents": ("Contents", "Inhalt"),
    "report.in_area": ("In the changed area", "Im veränderten Bereich"),
    "report.everywhere": ("Everywhere", "Überall"),
    "report.explain_area": (
        "“In the changed area” means the cells under the footprints of all measures compared.",
        "„Im veränderten Bereich“ meint die Zellen unter den Flächen aller verglichenen Maßnahmen.",
    ),
    "report.option": ("Option", "Option"),
    "report.value": ("Value", "Wert"),
    "report.found": ("Found", "Gefunden"),
    "report.used": ("Used", "Verwendet"),
    "report.repaired": ("Repaired", "Repariert"),
    "report.refused": ("Refused", "Abgelehnt"),
    "worst.heat": (
        "Homes with the highest felt temperature within 10 m, hottest hour",
        "Wohngebäude mit der höchsten gefühlten Temperatur im Umkreis von 10 m, heißeste Stunde",
    ),
    "worst.flood": ("Buildings with the deepest water at their walls", "Gebäude mit dem tiefsten Wasser an den Wänden"),
    "worst.traffic": (
        "Fullest section of each road, volume to capacity of the fuller direction",
        "Vollster Abschnitt jeder Straße, Auslastung der volleren Richtung",
    ),
    "card.change": ("{after} instead of {before}", "{after} statt {before}"),
    "card.where": ("most {place}: {change}", "am meisten {place}: {change}"),
    "card.nowhere": ("no change next to a building", "keine Änderung an einem Gebäude"),
    "pp": ("percentage points", "Prozentpunkte"),
    "not validated": ("not validated", "nicht validiert"),
}


def say(key: str, language: str = "en", /, **values: object) -> str:
    """Return the words of a key with its values filled in.

    Raises
    ------
    InputError
        If the language is not known.

    Examples
    --------
    >>> say("map.dry", "de", least="0,05 m")
    'ohne Farbe: unter 0,05 m'
    """
    text = _WORDS[key][index(language)]
    return text.format(**values) if values else text


def index(language: str) -> int:
    """Return 0 for English, 1 for German.

    Raises
    ------
    InputError
        For any other language.
    """
    if language not in LANGUAGES:
        raise InputError(f"language is {language!r}; it must be 'en' or 'de'")
    return LANGUAGES.index(language)


def number(value: float, decimals: int = 0, language: str = "en", *, signed: bool = False) -> str:
    """Write a number as people of a language do.

    Parameters
    ----------
    value : float
    decimals : int
        Digits after the decimal mark.
    language : {"en", "de"}
    signed : bool
        Also write a plus sign, for differences.

    Examples
    --------
    >>> number(12345.67, 1, "de"), number(-0.25, 2), number(0.4, 0, signed=True)
    ('12.345,7', '−0.25', '±0')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{abs(value):,.{decimals}f}"
    zero = not any(digit in "123456789" for digit in text)
    if index(language) == 1:
        text = text.translate(str.maketrans(",.", ".,"))
    if zero:
        return f"±{text}" if signed else text
    return ("−" if value < 0 else "+" if signed else "") + text


def rounded_difference(before: float, after: float, decimals: int) -> float:
    """Return the difference of two numbers as written with so many decimals, so that readers can check it.

    Examples
    --------
    >>> rounded_difference(40.76, 40.64, 1), rounded_difference(40.74, 40.66, 1)
    (-0.2, 0.0)
    """
    if not (math.isfinite(before) and math.isfinite(after)):
        return float("nan")
    first, second = (float(f"{value:.{decimals}f}") for value in (before, after))
    return round(second - first, decimals) + 0.0


def unit(name: str, language: str = "en") -> str:
    """Return how people write a unit.

    Examples
    --------
    >>> unit("vehicle h", "de")
    'Kfz-Stunden'
    """
    return _UNITS[name][index(language)] if name in _UNITS else name


def quantity(value: float, units: str, decimals: int = 0, language: str = "en", *, signed: bool = False) -> str:
    """Write a number with its unit; a difference of percentages is in percentage points.

    Examples
    --------
    >>> quantity(-1.5, "degC", 1, "de", signed=True), quantity(3, "%", 0, signed=True)
    ('−1,5 °C', '+3 percentage points')
    """
    word = say("pp", language) if signed and units == "%" else unit(units, language)
    return f"{number(value, decimals, language, signed=signed)} {word}".rstrip()


def enumeration(items: list[str], language: str = "en") -> str:
    """Join words with commas and a last "and".

    Examples
    --------
    >>> enumeration(["terrain", "trees", "roads"], "de")
    'terrain, trees und roads'
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {say('and', language)} {items[-1]}"


def validation(attributes: Mapping[Hashable, object], language: str = "en") -> str:
    """Return what a result was validated against, from its attributes; results that say nothing are not validated.

    Examples
    --------
    >>> validation({}, "de"), validation({"validation": "a lake at rest"}, "de")
    ('nicht validiert', 'a lake at rest')
    """
    stated = str(attributes.get("validation", "not validated"))
    if stated == "not validated":
        return say("not validated", language)
    return str(attributes.get("validation_de", stated)) if index(language) else stated


def reader(name: str, language: str = "en") -> str:
    """Return the word for a step of reading the data; the name of a file stays as it is.

    Examples
    --------
    >>> reader("buildings on the grid", "de"), reader("town.osm", "de")
    ('Gebäude auf dem Raster', 'town.osm')
    """
    key = f"reader.{name}"
    return say(key, language) if key in _WORDS else name


def people_group(name: str, language: str = "en") -> str:
    """Return the word for a group of residents: the column of a table of buildings.

    Examples
    --------
    >>> people_group("residents"), people_group("age_under_6", "de"), people_group("age_18_to_29")
    ('all residents', 'unter 6', '18–29')
    """
    if name == "residents":
        return say("group.residents", language)
    words = name.removeprefix("age_").split("_")
    if len(words) == 2 and words[0] in ("over", "under"):
        return say(f"group.{words[0]}", language, age=words[1])
    return "–".join(word for word in words if word not in ("to", "bis"))


def place_kind(name: str, language: str = "en") -> str:
    """Return the word for a kind of place; the kind itself if it is not known here.

    Examples
    --------
    >>> place_kind("care_home", "de"), place_kind("zoo")
    ('Pflegeheim', 'zoo')
    """
    key = f"place.{name}"
    return say(key, language) if key in _WORDS else name


def place_title(kind: str, name: str, language: str = "en") -> str:
    """Return what people call a place: its kind and its name, the kind only once.

    Examples
    --------
    >>> place_title("school", "Am Bach", "de"), place_title("kindergarten", "Evangelischer Kindergarten", "de")
    ('Schule Am Bach', 'Evangelischer Kindergarten')
    """
    word = place_kind(kind, language)
    return name if word.casefold() in name.casefold() else f"{word} {name}".strip()


def changed_thing(name: str, language: str = "en") -> str:
    """Return the word for something a measure changes: a table of the city or a variable of its grid.

    Examples
    --------
    >>> changed_thing("network", "de"), changed_thing("albedo", "de")
    ('Straßennetz', 'Albedo')
    """
    from twin import variables

    key = f"changes.{name}"
    return say(key, language) if key in _WORDS else variables.label(name, language)


def topic(name: str, language: str = "en") -> str:
    """Return the word for a topic of caveats; the topic itself if it is not known here."""
    key = f"topic.{name}"
    return say(key, language) if key in _WORDS else name
