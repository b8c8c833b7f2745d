"""A database through the mariadb command: Python's standard library has no client for it."""
import os
import subprocess


def run(database, sql):
    """Runs statements and returns what they print: rows of fields between tabs, in which special characters are escaped."""
    command = ["mariadb", "--socket", os.environ["DATABASE_SOCKET"], "--user", os.environ["DATABASE_USER"]]
    ended = subprocess.run(
        command + ["--batch", "--skip-column-names", "--default-character-set=utf8mb4", database],
        input=sql, capture_output=True, text=True, timeout=60,
    )
    if ended.returncode != 0:
        raise ConnectionError(ended.stderr.strip())
    return ended.stdout


def text(field):
    """A field of an answer as a literal."""
    return "NULL" if field == "NULL" else "'" + field.replace("'", "''") + "'"
