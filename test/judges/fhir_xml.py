#!/usr/bin/env python3
"""Converts FHIR R4 XML to FHIR JSON, for judges whose cases are written in XML. Idun itself speaks JSON only.

usage: test/judges/fhir_xml.py [FILE.xml]     from a file or standard input; JSON on standard output,
                                              what does not fit R4 on standard error
       from fhir_xml import convert, json_text, FhirXmlError
       result = convert(text)                 str or bytes
       result = convert_node(element)         an xml.etree element within a larger document
       result.value                           dict, list, str, bool, and Number for digits as written
       result.problems                        [(path, what is wrong)], empty for good XML
       json_text(result.value)                the JSON text; numbers keep their digits ("1.10")

The definitions are data/fhir-r4-core/elements.tsv and types.tsv. What they do not know is reported and kept (under its
own name, in the form that R4's JSON gives it), so that whoever judges the JSON sees the mistake too; the same holds for
a value that is no JSON number or boolean where one must be (kept as a string), and for an element that comes twice
where one is allowed (kept as an array). XML that cannot be FHIR at all raises FhirXmlError: not well-formed, a document
type declaration, a root that is not a resource.
"""
import collections
import functools
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as etree

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "data" / "fhir-r4-core"
FHIR = "{http://hl7.org/fhir}"
XHTML = "{http://www.w3.org/1999/xhtml}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
NUMERIC = {"decimal", "integer", "positiveInt", "unsignedInt"}
DEPTH_MAX = 200

Conversion = collections.namedtuple("Conversion", "value problems")
Element = collections.namedtuple("Element", "name many type rank")


class FhirXmlError(ValueError):
    """The text is not FHIR XML at all."""


class Number(str):
    """A JSON number by its digits. Equal to the text of them."""


class Definitions:
    """What may stand in each shape: a type ("Patient") or a backbone path ("Patient.contact")."""

    def __init__(self, folder=DATA):
        self.kinds = {row[0]: row[1] for row in self._rows(folder / "types.tsv")}
        self.shapes = collections.defaultdict(dict)
        rows = [(row[0], row[1].endswith("*"), row[3].split()) for row in self._rows(folder / "elements.tsv")]
        own_children = {path.rpartition(".")[0] for path, _, _ in rows}
        for rank, (path, many, types) in enumerate(rows):
            shape, _, name = path.rpartition(".")
            for kind in types:
                kind = kind.partition("(")[0]
                if kind.startswith("#"):  # a content reference: the shape of another path
                    kind = kind[1:]
                elif path in own_children:
                    kind = path
                own = name.replace("[x]", kind[:1].upper() + kind[1:]) if name.endswith("[x]") else name
                self.shapes[shape].setdefault(own, Element(own, many, kind, rank))

    @staticmethod
    def _rows(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if not line.startswith("#"):
                    yield line.rstrip("\n").split("\t")

    def is_resource(self, name):
        return self.kinds.get(name) == "resource"

    def is_primitive(self, kind):
        return self.kinds.get(kind) == "primitive"

    def shape(self, kind):
        return self.shapes.get(kind, {})


@functools.lru_cache(maxsize=None)
def definitions():
    return Definitions()


class _Tree(etree.TreeBuilder):
    def doctype(self, name, pubid, system):
        raise FhirXmlError("a document type declaration is not allowed")


class _Converter:
    def __init__(self):
        self.definitions = definitions()
        self.problems = []

    def problem(self, path, what):
        self.problems.append((path, what))

    def resource(self, node, path, depth):
        name = self.fhir_name(node, path)
        if not self.definitions.is_resource(name):
            self.problem(path, f"'{name}' is not a resource of R4")
        value = {"resourceType": name}
        value.update(self.children(node, name, path or name, depth))
        return value

    def fhir_name(self, node, path):
        if node.tag.startswith(FHIR):
            return node.tag[len(FHIR):]
        self.problem(path, f"'{node.tag}' is not in the namespace of FHIR")
        return node.tag.rpartition("}")[2]

    def children(self, node, kind, path, depth):
        """The properties of one JSON object: attributes, then child elements in the order of the document."""
        if depth > DEPTH_MAX:
            raise FhirXmlError(f"{path[:200]}: elements are nested too deeply")
        value = self.attributes(node, kind, path)
        self.no_text(node, path)
        shape = self.definitions.shape(kind)
        groups, last = {}, -1
        for child in node:
            name = "div" if child.tag == XHTML + "div" else self.fhir_name(child, path)
            element = shape.get(name)
            if element is None:
                self.problem(f"{path}.{name}", "unknown element")
            elif element.rank < last:
                self.problem(f"{path}.{name}", "out of order")
            else:
                last = element.rank
            groups.setdefault(name, (element, []))[1].append(child)
        for name, (element, nodes) in groups.items():
            self.property(value, name, element, nodes, f"{path}.{name}", depth)
        return value

    def attributes(self, node, kind, path):
        value = {}
        for name, text in node.attrib.items():
            if name.startswith(XSI):
                continue
            if not (name == "id" or (name == "url" and kind == "Extension")) or self.definitions.is_resource(kind):
                self.problem(f"{path}.{name}", "unknown attribute")
            value[name] = text
        return value

    def no_text(self, node, path):
        texts = [node.text] + [child.tail for child in node]
        if any(text and text.strip() for text in texts):
            self.problem(path, "text between elements is not allowed")

    def property(self, value, name, element, nodes, path, depth):
        if element is None:
            self.unknown(value, name, nodes, path, depth)
            return
        if not element.many and len(nodes) > 1:
            self.problem(path, f"comes {len(nodes)} times where one is allowed")
        several = element.many or len(nodes) > 1
        if self.definitions.is_primitive(element.type) and element.type != "xhtml":
            self.primitives(value, name, element.type, nodes, several, path, depth)
            return
        items = [self.complex(node, element.type, f"{path}[{i}]" if several else path, depth)
                 for i, node in enumerate(nodes)]
        value[name] = items if several else items[0]

    def complex(self, node, kind, path, depth):
        if kind == "xhtml":
            return xhtml_text(node)
        if kind == "Resource":
            self.no_text(node, path)
            resources = [self.resource(child, path, depth + 1) for child in node]
            if len(resources) != 1:
                self.problem(path, f"holds {len(resources)} resources where one must be")
            return resources[0] if resources else {}
        value = self.children(node, kind, path, depth + 1)
        if not value:
            self.problem(path, "empty element")
        return value

    def primitives(self, value, name, kind, nodes, several, path, depth):
        literals, sidecars = [], []
        for i, node in enumerate(nodes):
            literal, sidecar = self.primitive(node, kind, f"{path}[{i}]" if several else path, depth)
            literals.append(literal)
            sidecars.append(sidecar)
        for key, column in ((name, literals), ("_" + name, sidecars)):
            if any(item is not None for item in column):
                value[key] = column if several else column[0]

    def primitive(self, node, kind, path, depth):
        attributes = dict(node.attrib)
        text = attributes.pop("value", None)
        rest = etree.Element(node.tag, attributes)
        rest.text = node.text
        rest.extend(list(node))
        sidecar = self.children(rest, "Element", path, depth + 1)
        if text is None:
            if not sidecar:
                self.problem(path, "empty element")
            return None, sidecar or None
        return self.literal(text, kind, path), sidecar or None

    def literal(self, text, kind, path):
        if kind == "boolean":
            if text in ("true", "false"):
                return text == "true"
            self.problem(path, "not a boolean")
        elif kind in NUMERIC:
            if NUMBER.fullmatch(text):
                return Number(text)
            self.problem(path, "not a number")
        elif text == "":
            self.problem(path, "empty value")
        return text

    def unknown(self, value, name, nodes, path, depth):
        """Kept by its look: with a value it is a primitive (of text), without one an object."""
        if all("value" in node.attrib for node in nodes):
            self.primitives(value, name, "string", nodes, len(nodes) > 1, path, depth)
            return
        items = [self.children(node, "", path, depth + 1) for node in nodes]
        value[name] = items if len(items) > 1 else items[0]


def xhtml_text(node):
    """The narrative's div as the text of one element, with the XHTML namespace as its default."""
    tail, node.tail = node.tail, None
    text = etree.tostring(node, encoding="unicode", default_namespace=None)
    node.tail = tail
    return text


etree.register_namespace("", "http://www.w3.org/1999/xhtml")


def convert(text):
    """A Conversion of one resource."""
    parser = etree.XMLParser(target=_Tree())
    try:
        parser.feed(text)
        root = parser.close()
    except (etree.ParseError, UnicodeError, ValueError) as error:
        if isinstance(error, FhirXmlError):
            raise
        raise FhirXmlError(f"not well-formed: {error}") from None
    return convert_node(root)


def convert_node(root):
    """The same of an element of a larger document, such as a case of a suite."""
    name = root.tag.rpartition("}")[2]
    if not root.tag.startswith(FHIR) or not definitions().is_resource(name):
        raise FhirXmlError(f"the root '{root.tag}' is not a resource of R4")
    converter = _Converter()
    try:
        value = converter.resource(root, name, 0)
    except RecursionError:
        raise FhirXmlError("elements are nested too deeply") from None
    return Conversion(value, converter.problems)


def json_text(value):
    """JSON of a converted value, without spaces between tokens."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{json_text(item)}"
                              for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(json_text(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def main():
    if len(sys.argv) > 2 or (len(sys.argv) == 2 and sys.argv[1] in ("-h", "--help")):
        print(__doc__)
        return 2
    source = open(sys.argv[1], "rb") if len(sys.argv) == 2 else sys.stdin.buffer
    try:
        result = convert(source.read())
    except FhirXmlError as error:
        print(f"fhir_xml: {error}", file=sys.stderr)
        return 1
    print(json_text(result.value))
    for path, what in result.problems:
        print(f"{path}: {what}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
