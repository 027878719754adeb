"""Marks go into one packet of at most 1 KB and come out of any packet, and nothing else does."""

import re
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from app.raster.marks import texts, xmp
from app.raster.marks.model import UNMARKED, Marks
from app.raster.marks.packet import LONGEST, key_of, packet

AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
FULL = Marks(
    source_type=AI,
    rights="© 2026 The shop & sons",
    creator=("Ann Example", "Bob <Example>"),
    web_statement="https://shop.example/rights",
    licensor_url="https://shop.example/licence?a=1&b=2",
    credit="The shop",
    ai_system="A painter",
    ai_system_version="4.2",
    ai_prompt_writer="Ann",
    ai_prompt="a mug",
)
_NAMES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:ph="http://ns.adobe.com/photoshop/1.0/" xmlns:r="http://ns.adobe.com/xap/1.0/rights/" '
    'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"'
)


def rdf(inner: str, attributes: str = "") -> bytes:
    return f'<rdf:RDF {_NAMES}><rdf:Description rdf:about="" {attributes}>{inner}</rdf:Description></rdf:RDF>'.encode()


_MADE = replace(FULL, web_statement="", licensor_url="", credit="", creator=())
_OWNED = replace(FULL, ai_system="", ai_system_version="", ai_prompt_writer="", ai_prompt="")


@pytest.mark.parametrize("marks", [_MADE, _OWNED])
def test_what_is_written_is_read_again(marks: Marks) -> None:
    """Each of the ten marks survives a packet of our own."""
    assert xmp.marks_of(packet(marks)) == marks


def test_of_too_many_marks_the_weightiest_stay() -> None:
    """What does not fit into a kilobyte is what weighs least: the prompt goes before the notice."""
    read = xmp.marks_of(packet(replace(FULL, rights="©" * 200, ai_prompt="x" * 500)))
    assert (read.source_type, read.rights, read.ai_system) == (AI, "©" * 200, "A painter")
    assert len(read.ai_prompt) < 500


def test_no_marks_make_no_packet() -> None:
    """A picture that says nothing gets nothing."""
    assert (packet(UNMARKED), key_of(UNMARKED)) == (b"", "")


def test_the_smallest_renditions_say_only_how_a_picture_was_made() -> None:
    """Of all marks the brief form keeps the source type."""
    assert FULL.brief == Marks(source_type=AI)
    assert Marks(rights="mine").brief == UNMARKED


_TEXT = st.text(max_size=700).map(texts.text)
_ADDRESS = st.from_regex(r"https://[a-z]{1,20}\.example/[a-z/]{0,250}", fullmatch=True).map(texts.address)


@given(
    st.builds(
        Marks,
        source_type=st.sampled_from(("", AI)),
        rights=_TEXT,
        creator=st.lists(_TEXT.filter(bool), max_size=8, unique=True).map(tuple),
        web_statement=_ADDRESS,
        licensor_url=_ADDRESS,
        credit=_TEXT,
        ai_system=_TEXT,
        ai_system_version=_TEXT,
        ai_prompt_writer=_TEXT,
        ai_prompt=_TEXT,
    )
)
def test_a_packet_never_exceeds_its_kilobyte(marks: Marks) -> None:
    """Whatever the marks are, the packet is XML of at most 1 KB with the source type; addresses in it are whole."""
    text = packet(marks)
    read = xmp.marks_of(text)

    assert len(text) <= LONGEST
    assert bool(text) == (marks != UNMARKED)
    assert read.source_type == marks.source_type
    assert read.web_statement in ("", marks.web_statement)
    assert read.licensor_url in ("", marks.licensor_url)
    assert marks.rights.startswith(read.rights.removesuffix("…")) or read.rights == marks.rights
    assert set(read.creator) <= {*marks.creator, *(one for one in read.creator if one.endswith("…"))}
    assert packet(read) == text


@pytest.mark.parametrize(
    "text",
    [
        rdf(f"<e:DigitalSourceType>{AI}</e:DigitalSourceType><ph:Credit>C</ph:Credit>"),
        rdf("", f'e:DigitalSourceType="{AI}" ph:Credit="C"'),
        rdf(f'<e:DigitalSourceType rdf:resource="{AI}"/><ph:Credit> C\n</ph:Credit>'),
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        + rdf("", f'e:DigitalSourceType="{AI}" ph:Credit="C"')
        + b"<?xpacket end='w'?>"
        + bytes(9),
        rdf("", f'e:DigitalSourceType="{AI}" ph:Credit="C"').decode().encode("utf-16"),
        rdf("", 'e:DigitalSourceType="trainedAlgorithmicMedia" ph:Credit="C"'),
    ],
    ids=["elements", "attributes", "resource", "packet", "utf-16", "bare term"],
)
def test_each_way_of_writing_a_property_is_read(text: bytes) -> None:
    """RDF lets a value be an element, an attribute or a resource; packets have wrappers and encodings."""
    assert xmp.marks_of(text) == Marks(source_type=AI, credit="C")


@pytest.mark.parametrize(
    "licensor",
    [
        '<rdf:Seq><rdf:li rdf:parseType="Resource"><plus:LicensorURL>https://a.example/</plus:LicensorURL></rdf:li></rdf:Seq>',
        '<rdf:Bag><rdf:li><rdf:Description plus:LicensorURL="https://a.example/"/></rdf:li></rdf:Bag>',
        '<rdf:Seq><rdf:li plus:LicensorURL="https://a.example/" plus:LicensorEmail="me@a.example"/></rdf:Seq>',
    ],
)
def test_the_licensors_address_is_read_and_nothing_else_of_him(licensor: str) -> None:
    """Of a licensor only the address is public, however the structure is written."""
    assert xmp.marks_of(rdf(f"<plus:Licensor>{licensor}</plus:Licensor>")) == Marks(licensor_url="https://a.example/")


def test_the_default_language_of_a_notice_counts() -> None:
    """Of several languages x-default is taken, else the first that says something."""
    both = '<rdf:Alt><rdf:li xml:lang="de">Mein</rdf:li><rdf:li xml:lang="x-default">Mine</rdf:li></rdf:Alt>'
    assert xmp.marks_of(rdf(f"<dc:rights>{both}</dc:rights>")).rights == "Mine"
    only = '<rdf:Alt><rdf:li xml:lang="de">Mein</rdf:li></rdf:Alt>'
    assert xmp.marks_of(rdf(f"<dc:rights>{only}</dc:rights>")).rights == "Mein"
    assert xmp.marks_of(rdf("<dc:rights>Mine</dc:rights>")).rights == "Mine"


def test_marks_of_an_ingredient_are_not_the_pictures() -> None:
    """What a packet says of other pictures, deeper down, is not said of this one."""
    deep = "<xmpMM:DerivedFrom rdf:parseType='Resource'><dc:rights>theirs</dc:rights></xmpMM:DerivedFrom>"
    assert xmp.marks_of(rdf(deep)) == UNMARKED


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"no xml",
        b"<rdf:RDF",
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + rdf("<ph:Credit>&b;</ph:Credit>"),
        b"<a>" * 5000,
        rdf("<ph:Credit>" + "x" * (5 * 1024 * 1024) + "</ph:Credit>"),
        bytes(range(256)),
    ],
    ids=["empty", "text", "cut", "entity", "deep", "huge", "bytes"],
)
def test_a_packet_that_is_none_says_nothing(text: bytes) -> None:
    """Damage, bombs and other languages read as absence."""
    assert xmp.marks_of(text) == UNMARKED


@pytest.mark.parametrize(
    ("foreign", "public"),
    [
        ("a\x00b\x1b[31mc\r\nd\te", "ab[31mc d e"),
        ("\u202egnp.exe\u2069", "gnp.exe"),
        ("  \u00a0x\u2003y ", "x y"),
        ("é" * 1000, "é" * 500),
        ("\ud800a", "a"),
        ("ש\u200cל", "ש\u200cל"),
    ],
)
def test_texts_are_bounded_and_plain(foreign: str, public: str) -> None:
    """Control characters, marks of direction and lone surrogates go; joiners that spelling needs stay."""
    assert texts.text(foreign) == public


@pytest.mark.parametrize(
    ("foreign", "public"),
    [
        (" https://a.example/x?y=1#z ", "https://a.example/x?y=1#z"),
        ("HTTPS://a.example/", ""),
        ("javascript:alert(1)", ""),
        ("https://a.example/ b", ""),
        ('https://a.example/"><script>', ""),
        ("//a.example/", ""),
        ("https://a.example/" + "x" * 300, ""),
    ],
)
def test_only_whole_web_addresses_pass(foreign: str, public: str) -> None:
    """An address is http or https, short, and has no character that leads out of an attribute."""
    assert texts.address(foreign) == public


def test_source_types_are_the_vocabularys() -> None:
    """Terms of the IPTC and of C2PA by address, of the IPTC also bare; free text is none."""
    assert texts.source_type(f" {AI} ") == AI
    assert texts.source_type(AI.replace("http:", "https:")) == AI.replace("http:", "https:")
    assert texts.source_type("http://c2pa.org/digitalsourcetype/empty") == "http://c2pa.org/digitalsourcetype/empty"
    for foreign in ("my phone 123", AI + "?secret=1", "http://evil.example/digitalsourcetype/x", ""):
        assert texts.source_type(foreign) == ""


@given(st.text(max_size=50))
def test_nothing_of_a_foreign_packet_but_marks_gets_through(secret: str) -> None:
    """A secret in any other property is not in what is written."""
    hidden = "secret" + re.sub(r"[^A-Za-z0-9]", "", secret)
    text = rdf(
        f"<dc:description>{hidden}</dc:description><ph:City>{hidden}</ph:City>", f'e:Event="{hidden}" ph:Credit="C"'
    )
    assert hidden.encode() not in packet(xmp.marks_of(text))
