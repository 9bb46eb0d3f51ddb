"""The command line: `twin demo`, `run`, `compare`, `info`, `new-city`, `warmup`.

Results go to standard output, progress and complaints to standard error. Exit codes: 0 done, 1 refused (one line says
why), 2 wrong usage, 130 interrupted. Names are imported inside the commands, so that `twin --help` answers at once.
"""

from __future__ import annotations

import argparse
import codecs
import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from twin import __version__, progress
from twin.errors import InputError, TwinError

if TYPE_CHECKING:
    from twin.scenario.study import Study

DEMO = "neudrossenfeld"
_PLAIN = {
    "−": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "≥": ">=",
    "≤": "<=",
    "“": '"',
    "”": '"',
    "„": '"',
    "²": "2",
    "³": "3",
}
"""What a console that lacks a character shows instead: a minus must stay a minus."""

_MACHINE = {errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS}
"""Troubles of the machine, not of the program: disk full, no permission, read-only."""

_FORMATS = {
    ".pdf",
    ".csv",
    ".json",
    ".geojson",
    ".gpkg",
    ".nc",
    ".tif",
    ".tiff",
    ".png",
    ".txt",
    ".docx",
    ".xlsx",
    ".zip",
}
"""Names that mean a file, not a folder."""

EXIT_OK, EXIT_REFUSED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after ``twin``; those of the process unless given.

    Returns
    -------
    int
        0 done, 1 refused, 2 wrong usage, 130 interrupted.

    Examples
    --------
    >>> main(["--version"])
    twin 0.1.0
    0
    """
    _speak_safely(sys.stdout, sys.stderr)
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else EXIT_USAGE
    if options.quiet:
        progress.show(False)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
        sys.stdout.flush()
    except TwinError as error:
        print(f"twin: {_one_line(error)}", file=sys.stderr)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        print("twin: interrupted; finished stages are kept if --store was given", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        return EXIT_OK
    except OSError as error:
        if error.errno not in _MACHINE:
            raise
        print(f"twin: {error.filename or 'output'} cannot be written: {error.strerror}", file=sys.stderr)
        return EXIT_REFUSED
    except MemoryError:
        print("twin: the machine has too little memory for this; give smaller bounds or larger cells", file=sys.stderr)
        return EXIT_REFUSED
    finally:
        if options.quiet:
            progress.show(None)
    return EXIT_OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="twin", description="Urban digital twin: heat, flood and traffic of a city, scenarios compared."
    )
    parser.add_argument("--version", action="version", version=f"twin {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--threads", type=_threads, default=None, help="threads of the models (default: all cores)")
    common.add_argument("--quiet", action="store_true", help="no progress on standard error")
    language = argparse.ArgumentParser(add_help=False)
    language.add_argument("--language", choices=("en", "de"), default=None, help="language of table and report")

    demo = commands.add_parser(
        "demo", parents=[common, language], help="a village on a hot day, in heavy rain, at rush hour"
    )
    demo.add_argument("--output", type=Path, default=Path("twin-demo.html"), help="report (default: %(default)s)")
    demo.add_argument("--store", type=Path, default=None, help="folder that keeps results across runs")
    demo.set_defaults(command=_demo)

    run = commands.add_parser("run", parents=[common, language], help="run a study file or a ready study")
    run.add_argument("study", help="path of a TOML file, or the name of a ready study")
    run.add_argument("--output", type=Path, default=None, help="FILE.html for the report, or a folder for everything")
    run.add_argument("--store", type=Path, default=None, help="folder that keeps results across runs")
    run.set_defaults(command=_run)

    compare = commands.add_parser(
        "compare", parents=[common, language], help="indicator table of saved or ready studies"
    )
    compare.add_argument("study", nargs="+", help="folder of `--output` or `--store`, study file or name")
    compare.add_argument("--store", type=Path, default=None, help="folder that keeps results across runs")
    compare.set_defaults(command=_compare)

    info = commands.add_parser("info", parents=[common], help="what a city or a data file holds, and what it lacks")
    info.add_argument("city", help="city.toml or its folder, a data file or a folder of them, or a sample city")
    info.set_defaults(command=_info)

    new_city = commands.add_parser("new-city", parents=[common], help="write a city.toml for a folder of data")
    new_city.add_argument("folder", type=Path, help="folder with what was downloaded, also packed or in subfolders")
    new_city.add_argument("--output", type=Path, default=None, help="file to write (default: city.toml in the folder)")
    new_city.add_argument("--name", default=None, help="name of the city (default: that of the folder)")
    new_city.add_argument("--force", action="store_true", help="replace an existing file")
    new_city.set_defaults(command=_new_city)

    warmup = commands.add_parser("warmup", parents=[common], help="compile the kernels of all models beforehand")
    warmup.set_defaults(command=_warmup)
    return parser


def _demo(options: argparse.Namespace) -> None:
    _run_study(DEMO, options, report=options.output, folder=None)


def _run(options: argparse.Namespace) -> None:
    report, folder = _targets(options.output)
    _run_study(options.study, options, report, folder)


def _run_study(name: str, options: argparse.Namespace, report: Path | None, folder: Path | None) -> None:
    from twin.scenario.files import load_study

    if report is not None:
        _refuse_unwritable(report)
    spec = load_study(name)
    language = options.language or spec.language
    study = spec.run(store=options.store, threads=options.threads)
    if options.store is not None:
        study.save(options.store / "studies" / spec.name, fields=False)
    _print_study(study, language)
    if folder is not None:
        study.save(folder)
        print(f"\nresults: {folder.resolve()}")
    if report is not None:
        print(f"\n{'Bericht' if language == 'de' else 'report'}: {study.report(report, language).resolve()}")


def _compare(options: argparse.Namespace) -> None:
    from twin.scenario.indicator_table import read_saved_table

    for number, given in enumerate(options.study):
        if number:
            print()
        folder = Path(given)
        if not folder.is_dir():
            _run_study(given, options, None, None)
            continue
        # a store holds one saved table for each study that was run with it
        saved = sorted(path.parent for path in (folder / "studies").glob("*/study.json")) or [folder]
        for place in saved:
            if len(saved) > 1 or len(options.study) > 1:
                print(f"== {place}")
            print(read_saved_table(place, options.language or "en"))


def _info(options: argparse.Namespace) -> None:
    from twin.city.samples import SAMPLES, sample_city

    if options.city in SAMPLES:
        city = sample_city(options.city)
    elif not Path(options.city).exists():
        raise InputError(
            f"{options.city!r} is neither a city.toml, nor a folder that holds one, nor a sample city; "
            f"samples are: {', '.join(SAMPLES)}"
        )
    elif _is_data(Path(options.city)):
        _print_survey(Path(options.city))
        return
    else:
        from twin.city.load import load_city

        city = load_city(options.city)
    print(city.info())


def _is_data(path: Path) -> bool:
    """Tell whether a path is data itself, a file or a folder without a city.toml."""
    return not (path / "city.toml").is_file() if path.is_dir() else path.suffix.lower() != ".toml"


def _print_survey(path: Path) -> None:
    from twin.geometry.survey import survey_folder, survey_parts

    if not path.is_dir():
        from twin.weather.weather_files import weather_info

        if words := weather_info(path):
            print(words)
            return
        parts = survey_parts(path)  # the members of an archive, the layers of a file
        if all(part.kind == "unreadable" for part in parts):
            raise InputError(f"{path}: {parts[0].problem if parts else 'an archive without data'}")
        print("\n".join(map(str, parts)))
        return
    found = survey_folder(path)
    if not found:
        raise InputError(f"{path} holds no files; put the data of a city there, or name its city.toml")
    print("\n".join(map(str, found)))
    print(f"\nThere is no city.toml yet; this writes one: twin new-city {path}")


def _new_city(options: argparse.Namespace) -> None:
    from twin.city.new_city import TO_FILL, new_city

    file = new_city(options.folder, options.output, name=options.name, overwrite=options.force)
    print(f"city: {file.resolve()}")
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if number > 2 and any(mark in line for mark in (TO_FILL, "ASSUMED", "CHOOSE")):
            print(f"check line {number}: {line.strip()}")


def _warmup(options: argparse.Namespace) -> None:
    from twin.scenario.hamlet import warm_up

    seconds = warm_up(threads=options.threads)
    print(f"the kernels of all models are compiled ({seconds:.0f} s)")


def _print_study(study: Study, language: str) -> None:
    print(study.table(language))
    print()
    print(study.compare(language).text(language))


def _targets(output: Path | None) -> tuple[Path | None, Path | None]:
    """Return the report and the folder that `--output` means."""
    if output is None:
        return None, None
    if output.suffix.lower() in (".html", ".htm"):
        return output, None
    if output.suffix.lower() in _FORMATS and not output.is_dir():
        raise InputError(
            f"--output {output} asks for a {output.suffix.lower()} file; give a name that ends in .html for the report "
            "(a browser prints it to PDF), or a folder for the report, tables (CSV) and fields (NetCDF)"
        )
    if output.is_file():
        raise InputError(
            f"--output {output} is a file; give a folder, or a name that ends in .html for the report alone"
        )
    return output / "report.html", output


def _refuse_unwritable(report: Path) -> None:
    """Refuse a report that could not be written, before the models run."""
    if report.is_dir():
        raise InputError(f"the report {str(report)!r} is a folder; give a file name that ends in .html")
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
        with report.open("ab"):
            pass
        if report.stat().st_size == 0:
            report.unlink()
    except OSError as error:
        raise InputError(
            f"the report {str(report)!r} cannot be written: {error.strerror}; choose another place"
        ) from error


def _threads(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if not 1 <= count <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of threads; give 1 or more")
    return count


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _speak_safely(*streams: TextIO | None) -> None:
    """Let characters that a console cannot show become plain ones there, instead of an error after minutes of work."""
    codecs.register_error("twin.plain", _plain)
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="twin.plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


if __name__ == "__main__":
    sys.exit(main())
