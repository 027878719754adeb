"""Asks PHP what it makes of many inputs, and writes its answers into the file that the tests read.

`python -m tests.apis.php.record`, where PHP's command line is (Debian: php-cli). The inputs are the ones
that somebody once asked about, and random ones that are made of what matters to each function; the same each time.
"""

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("answers.json")
_ASKS: Final = Path(__file__).with_name("answers.php")
_SEED: Final = 17

_NAMES: Final = (
    "attrs[=id", "a[ ]=1", "a[-5]=x&a[]=y", "a=1&b=x+y%21", "a=1&a=2", "a", "a[]=x&a[]=y", "a[5]=x&a[]=y", "a[k][]=x",
    "a=1&a[b]=2", "a[b]=2&a=1", "a[]=1&a=2&a[]=3", "a.b=1&+c=2&d+e=3", "=x&&", "a%5B%5D=x", "a%00b=1", "a[b%00c]=1",
    "a[%00]=1", "%00=1", "%00a=1", " %00=1", "a[\t]=1", "a[\v]=1", "a[\f]=1", "a[\r]=1", "a[\n]=1", "a[\xa0]=1",
    "a[ x]=1", "a[  ]=1", "a[b][c=1", "a[b[c]=1", "a[[b]]=1", "a]=1", "a[b]c[d]=1", " [a]=1", "a [b]=1", "[=1",
    "a.b[c.d]=1", "a[[=1", "a[ [=1", "a[b.c d=1", "a.[b=1", "a[b.c[d=1", "a%5B=1", "a[%5D]=1", "a[%5Db]=1", "a==2",
    "a=1;b=2", "\ta=1", "\v a=1", "x[05]=a&x[]=b", "x[-0]=a&x[]=b", "x[+1]=a&x[]=b", "x[1.5]=a&x[]=b",
    "x[7]=a&x[3]=b&x[]=c",
    "x[9223372036854775806]=a&x[]=b&x[]=c", "x[9223372036854775807]=a&x[]=b&c=1", "x[9223372036854775808]=a&x[]=b",
    "x[-9223372036854775808]=a&x[]=b", "x[-9223372036854775809]=a&x[]=b", "x[9223372036854775807]=a&x[][b]=c&d=1",
    "x[-1]=a&x[]=b&x[]=c", "q=%C3%BC&w=%2541", "q=%zz%", "q=%FF", "this[a]=1&this=2", "GLOBALS[x]=1", "__Host-a=1",
    *(f"a=0&a{'[k]' * depth}=1&b=2" for depth in (16, 17, 63, 64, 65, 66)),
    "&" * 5 + "&".join(f"k{number}=1" for number in range(1010)),
)  # fmt: skip
_NUMBERS: Final = (
    "2.7", "-2.7", "abc", "", "12abc", " 7", "007", "+5", "-5", "1e3", ".5e1", "1e999", "-1e999", "1e18", "1e19",
    "9.3e18", "9" * 30, "-" + "9" * 30, "0" * 30 + "5", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "0x1A", "0b1", "1_000", "1e", "1e+", "1.", ".", "-.5", "- 5", "+-5",
    "\t\n\r\v\f5", "\x005", "5\x00", "5 ", "5\v", "5 a", "1e1 ", "inf", "nan", "\xa05", "00", "-0", "+0", "0.0", "05",
    "5.0", "1.5e3abc", "--1",
)  # fmt: skip
_VALUES: Final = (
    None, True, False, 0, 0.0, 1, -5, 5, 2.7, -2.7, 1e300, -1e300, 9.3e18, 1e18, "", "0", "0.0", " ", "00", "a", [],
    ["a"], [0],
)  # fmt: skip
_FLOATS: Final = (
    2.0, 1.5, 0.1 + 0.2, 1e25, 1.5e-7, 1.8446744073709552e19, 100000.0, 1e14, 1e15, 123456789012345678.0, 0.0001,
    0.00001, -1.5e-7, 1e-10, 1.0e100, 3.0e-5, -0.0, 0.0, 1 / 3, 99999999999999.9,
)  # fmt: skip
_TEXTS: Final = (
    "", " a ", "\t\n\r\0\va\f", "https://a/b", "\u00fc", "\u6f22", "\U0001f600", "<>&'\"", "ends in \\", "\b\f\n\r\t",
    "\0\x1f", "\x7f`~", "\x80", "\u2028\u2029", "a b+c-d_e.f~g", "v\u00e9rsion <1>", "&amp;", "'", "\ufffd",
)  # fmt: skip
_BROKEN: Final = (
    b"\xff",
    b"a\xc3",
    b"\xc3(",
    b"\xe2\x82",
    b"\xe2\x82a",
    b"\xf0\x9f\x98",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\x80\x80<",
)
_ENCODED: Final = (
    "", "=", "==", "YQ==", "YQ=", "YQ", "Y", "YWI=", "YWI", "YWJj", "YQ==YQ==", " Y Q = = ", "Y\tQ\r\n", "YQ\v", "Y-Q_",
    "YW=j", "====", "YWJj=", "YWJj==", "Y===", "\xe9", "YQ\0", "YWJjZA", "YWJjZA==\n",
)  # fmt: skip


_PIECES: Final[dict[str, Sequence[str]]] = {
    "texts": ("a", "/", "\\", "'", '"', "<", "&", "\n", "\U0001f600", "é", " "),
    "numbers": ("1", "0", "9", ".", "e", "E", "-", "+", " ", "\t", "a", "\0"),
    "queries": ("a", "b", "[", "]", "[]", "[b]", ".", "&", "=", "+", "%20", "%00", " ", "[-3]", "[5]", "0"),
    "encoded": ("A", "b", "+", "/", "=", " ", "\n", "-", "é"),
}


def inputs() -> dict[str, list[Any]]:
    """By the function that is asked. Texts are bytes, as the characters with their numbers."""
    chance = random.Random(_SEED)
    texts = [_bytes(text) for text in (*_TEXTS, *_made(chance, "texts", 60))]
    numbers = [*_NUMBERS, *_made(chance, "numbers", 400)]
    queries = [*_NAMES, *_made(chance, "queries", 600)]
    encoded = [*_ENCODED, *_made(chance, "encoded", 200)]
    broken = [data.decode("latin-1") for data in _BROKEN]
    return {
        "parse_str": queries,
        "intval": [*_VALUES, *numbers],
        "strval": list(_FLOATS),
        "is_numeric": numbers,
        "floatval": numbers,
        "empty": [value for value in _VALUES if value is not None],
        "trim": texts,
        "filter_int": [number for number in numbers if number.strip()],
        "htmlspecialchars": [*texts, *broken],
        "json": texts,
        "json_hex": texts,
        "http_build_query": [[[name, value]] for name, value in zip(texts, reversed(texts), strict=True)],
        "base64_decode": encoded,
    }


def _bytes(text: str) -> str:
    return text.encode().decode("latin-1")


def _made(chance: random.Random, pieces: str, count: int) -> Iterable[str]:
    """So many texts of up to ten pieces."""
    return ("".join(chance.choices(_PIECES[pieces], k=chance.randint(1, 10))) for _ in range(count))


def main() -> None:
    asked = subprocess.run(
        ["php", "-n", _ASKS], input=json.dumps(inputs()).encode(), stdout=subprocess.PIPE, check=True
    )
    answers = json.loads(asked.stdout)
    lines = [f'  "{name}": {json.dumps(answers[name])}' for name in answers]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    sys.stdout.write(f"PHP {answers['version']}: {sum(map(len, answers.values()))} answers in {FILE.name}\n")


if __name__ == "__main__":
    main()
