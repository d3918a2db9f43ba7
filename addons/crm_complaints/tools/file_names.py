"""Names of files that come from outside."""

import unicodedata

MAX_LENGTH = 100


def safe_file_name(name: str) -> str:
    """A name without folders, control characters and tricks of writing direction, at most 100 characters.

    The extension survives the shortening, so that the file still opens.

    >>> safe_file_name("../../etc/photo.jpg")
    'photo.jpg'
    >>> safe_file_name("invoice\\u202egpj.exe")
    'invoicegpj.exe'
    >>> safe_file_name("\\x00")
    'file'
    """
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    # Cc: control, Cf: format (writing direction, zero width), Cs: half characters
    name = "".join(char for char in name if unicodedata.category(char) not in ("Cc", "Cf", "Cs")).strip(" .")
    if len(name) > MAX_LENGTH:
        stem, dot, extension = name.rpartition(".")
        if not dot or len(extension) > 10:
            return name[:MAX_LENGTH]
        name = stem[: MAX_LENGTH - len(extension) - 1] + "." + extension
    return name or "file"
