"""generate.py: makes src/generated/ from hive_metastore.thrift; needs Apache's `thrift` compiler 0.17 on the PATH.

structs.rs   what the compiler makes of all types and of every NAME_call
methods.rs   for every pair NAME_call / NAME_answer: the call's name, the type of its result, the field ids of its exceptions
"""

import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
OUT = HERE.parent / "src" / "generated"
SCALARS = {"string": "String", "bool": "bool", "i32": "i32", "i64": "i64"}


def camel(name):
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def rust_type(text, structs):
    text = text.strip()
    if text.startswith("list<"):
        return f"Vec<{rust_type(text[5:-1], structs)}>"
    if text == "map<string, string>":
        return "std::collections::BTreeMap<String, String>"
    if text in SCALARS:
        return SCALARS[text]
    structs.add(text)
    return f"super::structs::{camel(text)}"


def main():
    source = (HERE / "hive_metastore.thrift").read_text()
    blocks = re.findall(r"^(struct|exception|enum|union) (\w+) \{\n(.*?)^\}\n", source, re.S | re.M)
    answers = {n: b for _, n, b in blocks if n.endswith("_answer")}
    calls = [n[: -len("_call")] for _, n, _ in blocks if n.endswith("_call")]
    with tempfile.TemporaryDirectory() as folder:
        idl = pathlib.Path(folder) / "structs.thrift"
        kept = [f"{k} {n} {{\n{b}}}\n" for k, n, b in blocks if k != "exception" and n not in answers]
        idl.write_text("\n".join(kept))
        subprocess.run(["thrift", "--gen", "rs", "-out", folder, str(idl)], check=True, capture_output=True)
        made = (pathlib.Path(folder) / "structs.rs").read_text()
    made = re.sub(r"^ *#!?\[allow.*\n|^#!\[.*\n", "", made, flags=re.M)
    made = re.sub(r"^use std::.*\n|^use thrift.*\n", "", made, flags=re.M)
    uses = [
        "use std::collections::{BTreeMap, BTreeSet};",
        "use thrift::{OrderedFloat, ProtocolError, ProtocolErrorKind};",
        "use thrift::protocol::{TFieldIdentifier, TInputProtocol, TListIdentifier, TMapIdentifier, TOutputProtocol, TSerializable, TSetIdentifier, TStructIdentifier, TType, field_id, verify_required_field_exists};",
    ]
    head, _, body = made.partition("\n\n")
    OUT.mkdir(exist_ok=True)
    (OUT / "structs.rs").write_text(head + "\n\n" + "\n".join(uses) + "\n" + body.lstrip("\n").join(["\n", ""]))

    structs, lines = set(), []
    for name in calls:
        result, faults = "()", []
        for number, kind in re.findall(r"^  (\d+): optional (.+) \w+,$", answers.get(f"{name}_answer", ""), re.M):
            if number == "0":
                result = rust_type(kind, structs)
            else:
                faults.append(f"({number}, FaultKind::{kind.removesuffix('Exception')})")
        lines.append(f'method!({camel(name)}Call, "{name}", {result}, [{", ".join(faults)}]);')
    values = [f"struct_value!({camel(n)});" for n in sorted(structs)]
    (OUT / "methods.rs").write_text(
        "// Made by idl/generate.py. DO NOT EDIT.\n\n"
        "use crate::wire::{FaultKind, method, struct_value};\n\n"
        + "\n".join(values + lines)
        + "\n"
    )


if __name__ == "__main__":
    main()
