"""Judges run events twice: OpenLineage's own client builds each anew, from classes made of the specification, and must
come to the same; and where openlineage.io can be reached, the JSON Schemas published there say whether they are valid."""
import importlib
import json
import pkgutil
import sys
from pathlib import Path
from urllib.parse import urldefrag
from urllib.request import urlopen

import openlineage.client.generated as generated
from jsonschema import Draft202012Validator, FormatChecker
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.generated.schema_dataset import SchemaDatasetFacetFields
from openlineage.client.serde import Serde
from referencing import Registry, Resource

PATIENCE_S = 5
events = json.loads(Path(sys.argv[1]).read_text())
modules = [importlib.import_module(f"{generated.__name__}.{found.name}") for found in pkgutil.iter_modules(generated.__path__)]
classes = {name: of for module in modules for name, of in vars(module).items() if isinstance(of, type)}


def facets_of(sent):
    """Facets as the client has them; a field that it does not know, or that is missing, is an error of Python's own."""
    built = {}
    for name, facet in (sent or {}).items():
        fields = {key: value for key, value in facet.items() if not key.startswith("_")}
        of = classes[facet["_schemaURL"].rsplit("/", 1)[1]]
        if "fields" in fields:
            fields["fields"] = [SchemaDatasetFacetFields(**one) for one in fields["fields"]]
        built[name] = of(**fields, producer=facet["_producer"])
        # The version that this client was made of is the one that is named.
        assert built[name]._schemaURL == facet["_schemaURL"], (built[name]._schemaURL, facet["_schemaURL"])
    return built


def dataset_of(sent, of, own):
    more = {own: facets_of(sent[own])} if own in sent else {}
    return of(sent["namespace"], sent["name"], facets=facets_of(sent.get("facets")), **more)


def event_of(sent):
    return RunEvent(
        eventTime=sent["eventTime"],
        eventType=RunState[sent["eventType"]],
        producer=sent["producer"],
        run=Run(sent["run"]["runId"], facets=facets_of(sent["run"].get("facets"))),
        job=Job(sent["job"]["namespace"], sent["job"]["name"]),
        inputs=[dataset_of(one, InputDataset, "inputFacets") for one in sent["inputs"]],
        outputs=[dataset_of(one, OutputDataset, "outputFacets") for one in sent["outputs"]],
    )


def without_empty(value):
    """What has nothing in it may be left out."""
    if isinstance(value, list):
        return [without_empty(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: without_empty(one) for key, one in value.items() if one not in ({}, [], None)}


for sent in events:
    same = without_empty(Serde.to_dict(event_of(sent)))
    assert same == without_empty(sent), f"built anew it is\n{json.dumps(same)}\nand not\n{json.dumps(sent)}"
ends = sorted({event["eventType"] for event in events})
print(f"✓ the client builds the same {len(events)} events: {', '.join(ends)}")
assert ends == ["ABORT", "COMPLETE", "FAIL", "START"], ends


def published(url):
    with urlopen(url, timeout=PATIENCE_S) as answer:
        return Resource.from_contents(json.load(answer))


def urls_in(value):
    """What a schema is named for each part of an event that names one."""
    if isinstance(value, list):
        for one in value:
            yield from urls_in(one)
    if isinstance(value, dict):
        for name in ("schemaURL", "_schemaURL"):
            if name in value:
                yield value[name], value
        for one in value.values():
            yield from urls_in(one)


try:
    published(urldefrag(events[0]["schemaURL"]).url)
except OSError as error:
    print(f"– left out: the published schemas cannot be reached ({error})")
else:
    registry = Registry(retrieve=published)
    parts = [part for event in events for part in urls_in(event)]
    for url, part in parts:
        validator = Draft202012Validator({"$ref": url}, registry=registry, format_checker=FormatChecker())
        validator.validate(part)
    print(f"✓ {len({url for url, _ in parts})} published schemas find {len(parts)} events and facets valid")
