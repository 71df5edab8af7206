"""The command `statewrap`."""

from __future__ import annotations

import click

from statewrap.cli.act import act
from statewrap.cli.check import check
from statewrap.cli.config import config
from statewrap.cli.demo.command import demo
from statewrap.cli.parity import parity
from statewrap.cli.report import report
from statewrap.cli.wrappers import wrappers


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="statewrap", prog_name="statewrap")
def main() -> None:
    """Put a trained policy and its Gymnasium wrappers behind a system that owns its own loop."""


for command in (act, check, config, demo, parity, report, wrappers):
    main.add_command(command)


if __name__ == "__main__":
    main()
