"""The version of the package, which packaging and the User-Agent header read from here, and how to add an extra."""

__version__ = "0.1.0"

_NAME = "inference-gateway-sdk"


def install_command(*extras: str) -> str:
    """Return the command that adds these extras, from the source that this package was installed from.

    An installer records a source that is not an index: `{"url": "file:///home/me/sdk", "dir_info": {}}` (PEP 610).
    """
    import json  # here: only hints need these modules
    from importlib.metadata import PackageNotFoundError, distribution

    wanted = f"[{','.join(extras)}]"
    try:
        recorded = distribution(_NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        return f"pip install '.{wanted}' in the checkout of {_NAME}"
    if recorded is None:
        return f"pip install '{_NAME}{wanted}'"
    source = json.loads(recorded)
    url, control = str(source.get("url")), source.get("vcs_info", {}).get("vcs")
    if control:
        return f"pip install '{_NAME}{wanted} @ {control}+{url}'"
    editable = "-e " if source.get("dir_info", {}).get("editable") else ""
    return f"pip install {editable}'{_path(url)}{wanted}'"


def _path(url: str) -> str:
    """Return the path of a file URL; other URLs are installed as they are."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(url)
    return url2pathname(parts.path) if parts.scheme == "file" else url
