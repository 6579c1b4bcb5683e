"""Content as files: Markdown with front matter, read with clear errors and written so that nothing is lost."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import frontmatter
import yaml


class ContentError(ValueError):
    """A content file that cannot be taken in. The message names the file and says what to mend."""


class ContentFile(NamedTuple):
    """A file's front matter and its body."""

    path: Path
    meta: dict[str, Any]
    body: str

    @classmethod
    def read(cls, path: Path, *, required: Iterable[str], optional: Iterable[str] = ()) -> "ContentFile":
        """The file, if its front matter holds every `required` key and none beyond `optional`. Raises ContentError."""
        try:
            post = frontmatter.loads(path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, yaml.YAMLError) as problem:
            raise ContentError(f"{path}: cannot be read: {problem}") from None
        missing = set(required) - post.metadata.keys()
        if missing:
            raise ContentError(f"{path}: its front matter lacks {', '.join(sorted(missing))}")
        unknown = post.metadata.keys() - set(required) - set(optional)
        if unknown:
            raise ContentError(f"{path}: its front matter has unknown keys: {', '.join(sorted(unknown))}")
        return cls(path, dict(post.metadata), post.content)

    @classmethod
    def read_folder(cls, folder: Path, *, required: Iterable[str], optional: Iterable[str] = ()) -> "list[ContentFile]":
        """Every Markdown file of `folder` in the order of names; none when there is no such folder."""
        required, optional = list(required), list(optional)
        return [cls.read(path, required=required, optional=optional) for path in sorted(folder.glob("*.md"))]

    def write(self) -> None:
        """Put the file where it belongs, so that reading it again gives the same."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        head = yaml.safe_dump(self.meta, sort_keys=False, allow_unicode=True, width=110)
        self.path.write_text(f"---\n{head}---\n\n{self.body}\n", encoding="utf-8")

    def day(self, key: str) -> date:
        """The date under `key`. Raises ContentError."""
        if type(value := self.meta[key]) is not date:  # A datetime is one too.
            raise ContentError(f"{self.path}: {key} is {value!r}: write it as 2026-11-23")
        return value
